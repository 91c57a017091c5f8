//! Who is let in, for how long, and what is kept of it.

use std::sync::atomic::{AtomicI64, Ordering};

use fiveone_store::DeedChoice;
use fiveone_testkit::{TestStore, on_both};

use super::*;
use crate::time::Wait;
use crate::wiring::tests::NOW;

on_both!(
    who_knows_all_is_let_in_and_nobody_else,
    sessions_end_by_time_and_by_every_change,
    a_code_is_good_once,
    a_change_is_noted_with_it_or_not_at_all,
);

const PASSWORD: &str = "correct horse 电池";
const LIMITS: SessionLimits = SessionLimits { idle_for_ms: 3_600_000, last_for_ms: 43_200_000 };

/// A clock that is moved by hand.
struct Clock(AtomicI64);

impl fiveone_model::clock::Clock for Clock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}

impl Time for Clock {
    fn until(&self, _: Millis) -> Wait {
        Box::pin(std::future::pending())
    }
}

async fn operators(store: &TestStore) -> (Operators, Arc<Clock>, OperatorName) {
    let keys = DeploymentKeys::parse(&DeploymentKeys::generate().unwrap()).unwrap();
    let clock = Arc::new(Clock(AtomicI64::new(NOW)));
    let operators = Operators::new((**store).clone(), keys, clock.clone(), LIMITS);
    let name = OperatorName::parse("wang").unwrap();
    assert!(operators.add(&name, Role::Operator, PASSWORD).await.unwrap());
    assert!(!operators.add(&name, Role::Owner, PASSWORD).await.unwrap(), "the name is taken");
    (operators, clock, name)
}

async fn who_knows_all_is_let_in_and_nobody_else(store: TestStore) {
    let (operators, _, name) = operators(&store).await;
    for (typed, password) in
        [("wang", "correct horse"), ("wang", ""), ("li", PASSWORD), ("<script>", PASSWORD)]
    {
        let refused = operators.sign_in(typed, password, "", "203.0.113.7").await.unwrap();
        assert!(refused.is_none(), "{typed} {password}");
    }
    let one = operators.sign_in("wang", PASSWORD, "", "203.0.113.7").await.unwrap().unwrap();
    let two = operators.sign_in("wang", PASSWORD, "", "203.0.113.8").await.unwrap().unwrap();
    let (first, second) = (
        operators.session(&one).await.unwrap().unwrap(),
        operators.session(&two).await.unwrap().unwrap(),
    );
    assert_eq!((&first.operator, first.role), (&name, Role::Operator));
    assert_ne!(first.form_token, second.form_token, "each session has forms of its own");
    assert!(operators.session("").await.unwrap().is_none());
    operators.sign_out(&one).await.unwrap();
    assert!(operators.session(&one).await.unwrap().is_none());
    assert!(operators.session(&two).await.unwrap().is_some());

    let told = store.read.deeds(&DeedChoice::default(), None, 10).await.unwrap();
    let mut told: Vec<_> = told.iter().map(|d| (d.action.as_str(), d.about.as_str())).collect();
    told.sort_unstable();
    let refused = ("sign_in_refused", "password");
    assert_eq!(
        told,
        [("sign_in", ""), ("sign_in", ""), refused, refused],
        "strange names are nobody's"
    );
    for table in ["select * from operator", "select * from operator_session", "select * from deed"]
    {
        let rows = store.read.dump(table).await.unwrap().join("\n");
        for secret in [PASSWORD, &one, &two, "correct horse"] {
            assert!(!rows.contains(secret), "{table}: {rows}");
        }
    }
}

async fn sessions_end_by_time_and_by_every_change(store: TestStore) {
    let (operators, clock, name) = operators(&store).await;
    let sign_in =
        async || operators.sign_in("wang", PASSWORD, "", "").await.unwrap().expect("who knows all");
    let is_in = async |token: &str| operators.session(token).await.unwrap().is_some();
    let token = sign_in().await;
    // Used every half hour it lasts until its time is over.
    let mut hours = 0;
    while is_in(&token).await {
        clock.0.fetch_add(LIMITS.idle_for_ms / 2, Ordering::SeqCst);
        hours += 1;
    }
    assert_eq!(hours, 24, "half hours");
    let token = sign_in().await;
    clock.0.fetch_add(LIMITS.idle_for_ms, Ordering::SeqCst);
    assert!(!is_in(&token).await, "nobody did anything");
    operators.forget_sessions().await.unwrap();
    assert_eq!(store.read.dump("select * from operator_session").await.unwrap().len(), 0);

    let token = sign_in().await;
    assert!(operators.set_role(&name, Role::Viewer).await.unwrap());
    assert!(!is_in(&token).await, "another role");
    let token = sign_in().await;
    assert_eq!(operators.session(&token).await.unwrap().unwrap().role, Role::Viewer);
    assert!(operators.set_disabled(&name, true).await.unwrap());
    assert!(!is_in(&token).await, "disabled");
    assert!(operators.sign_in("wang", PASSWORD, "", "").await.unwrap().is_none());
    assert!(operators.set_disabled(&name, false).await.unwrap());
    let token = sign_in().await;
    assert!(operators.set_password(&name, "another password").await.unwrap());
    assert!(!is_in(&token).await, "another password");
    assert!(operators.sign_in("wang", PASSWORD, "", "").await.unwrap().is_none());
    let nobody = OperatorName::parse("li").unwrap();
    assert!(!operators.set_role(&nobody, Role::Owner).await.unwrap());
}

async fn a_code_is_good_once(store: TestStore) {
    let (operators, clock, name) = operators(&store).await;
    let new = operators.new_totp(&name).await.unwrap().unwrap();
    assert!(new.address.contains(new.secret.as_str()));
    let secret = Secret::try_from_base32(new.secret.as_str()).unwrap();
    let code = |at: Millis| {
        let at = u64::try_from(at / 1_000).unwrap();
        totp(secret.as_bytes()).generate(at).to_string()
    };
    let is_let_in =
        async |code: &str| operators.sign_in("wang", PASSWORD, code, "").await.unwrap().is_some();
    assert!(!is_let_in("").await);
    assert!(!is_let_in("000000").await);
    assert!(!is_let_in(&code(NOW - 300_000)).await, "of long ago");
    assert!(is_let_in(&code(NOW)).await);
    assert!(!is_let_in(&code(NOW)).await, "used");
    assert!(!is_let_in(&code(NOW - 30_000)).await, "before one that was used");
    clock.0.fetch_add(30_000, Ordering::SeqCst);
    assert!(is_let_in(&code(NOW + 30_000)).await);
    let rows = store.read.dump("select * from operator").await.unwrap().join("\n");
    assert!(!rows.contains(new.secret.as_str()), "{rows}");
    assert!(operators.end_totp(&name).await.unwrap());
    assert!(is_let_in("").await);
}

async fn a_change_is_noted_with_it_or_not_at_all(store: TestStore) {
    let (operators, _, name) = operators(&store).await;
    let deed = |about: &str| operators.deed(&name, "203.0.113.7", "revoke_key", about).unwrap();
    let noted = async || store.read.deeds(&DeedChoice::default(), None, 10).await.unwrap();
    // What changes nothing is not noted.
    let revoked = store.on_behalf(deed("key_1")).write.revoke_api_key("key_1", NOW).await.unwrap();
    assert!(!revoked);
    assert_eq!(noted().await, []);
    // What fails neither.
    let app = fiveone_testkit::build::app_id("nobody");
    assert!(store.on_behalf(deed("")).write.topup(&app, 1, "", NOW).await.is_err());
    assert_eq!(noted().await, []);
    // However many changes it takes, it is one deed.
    let one = deed("apps");
    let acting = store.on_behalf(one.clone());
    for id in ["a", "b"] {
        assert!(acting.write.create_app(&fiveone_testkit::build::new_app(id)).await.unwrap());
    }
    assert_eq!(noted().await, [one]);
}
