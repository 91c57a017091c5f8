//! Apps, tariffs and closed areas.

use fiveone_model::app::{CallbackAddress, Grant};
use fiveone_model::product::Product;
use fiveone_model::report::Dialect;
use fiveone_model::tariff::{PartialRule, Tariff};
use fiveone_store::{AreaSwitch, ClosedBy};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};

use crate::anshan;

on_both!(
    an_app_reads_back_as_written,
    an_apps_own_price_beats_the_default,
    the_portals_health_never_overrides_an_operator,
    p_14_a_nonce_is_good_once_for_each_app_and_forgotten_in_time,
);

async fn an_app_reads_back_as_written(store: TestStore) {
    let mut new = build::new_app("a");
    new.app.dialect = Dialect::Example;
    new.app.has_legacy_code_signature = true;
    new.app.requires_signature = true;
    new.app.grants.insurance = None;
    new.app.callbacks.fund =
        Some(CallbackAddress { url: "https://a.example/回调?x=1".to_owned() });
    assert!(store.write.create_app(&new).await.unwrap());
    assert!(!store.write.create_app(&new).await.unwrap(), "the id is taken");
    let row = store.read.app(&new.app.id).await.unwrap().unwrap();
    assert_eq!((row.app, row.token_sealed), (new.app.clone(), new.token_sealed));

    let mut changed = new.app;
    changed.grants.fund = Some(Grant::Paused);
    changed.has_employer_grant = true;
    changed.acknowledges_by_201 = true;
    changed.wants_challenge_callbacks = true;
    changed.wants_findings = true;
    changed.calls_per_second = 7;
    changed.callbacks.fund = None;
    store.write.update_app(&changed).await.unwrap();
    assert_eq!(store.read.all_apps().await.unwrap(), [changed]);
    assert!(store.write.update_app(&build::app("b")).await.is_err(), "no such app");
    assert!(store.read.app(&build::app("b").id).await.unwrap().is_none());
}

async fn an_apps_own_price_beats_the_default(store: TestStore) {
    store.write.create_app(&build::new_app("a")).await.unwrap();
    let id = build::app("a").id;
    let default = Tariff { price_fen: 100, partial: PartialRule::Never };
    let own = Tariff { price_fen: 80, partial: PartialRule::Always };
    store.write.set_tariff(None, Product::Fund, build::tariff()).await.unwrap();
    store.write.set_tariff(None, Product::Fund, default).await.unwrap();
    let row = store.read.app(&id).await.unwrap().unwrap();
    assert_eq!((row.tariffs.fund, row.tariffs.insurance), (Some(default), None));
    store.write.set_tariff(Some(&id), Product::Fund, own).await.unwrap();
    assert_eq!(store.read.app(&id).await.unwrap().unwrap().tariffs.fund, Some(own));
}

async fn the_portals_health_never_overrides_an_operator(store: TestStore) {
    let (product, area) = anshan();
    let by_operator = AreaSwitch {
        product,
        area,
        closed_by: ClosedBy::Operator,
        note: "升级".to_owned(),
        until_at: None,
    };
    let by_health = AreaSwitch {
        closed_by: ClosedBy::Health,
        note: "30".to_owned(),
        until_at: Some(NOW + 1),
        ..by_operator.clone()
    };
    store.write.close_area(&by_health).await.unwrap();
    assert_eq!(store.read.closed_areas(NOW).await.unwrap(), std::slice::from_ref(&by_health));
    assert_eq!(store.read.closed_areas(NOW + 1).await.unwrap(), [], "its time is over");
    store.write.close_area(&by_operator).await.unwrap();
    store.write.close_area(&by_health).await.unwrap();
    assert_eq!(store.read.closed_areas(NOW + 1).await.unwrap(), std::slice::from_ref(&by_operator));
    store.write.open_area(product, &by_operator.area).await.unwrap();
    assert_eq!(store.read.closed_areas(NOW).await.unwrap(), []);
}

async fn p_14_a_nonce_is_good_once_for_each_app_and_forgotten_in_time(store: TestStore) {
    for id in ["a", "b"] {
        store.write.create_app(&build::new_app(id)).await.unwrap();
    }
    let uses = async |app: &str, nonce: &str, now| {
        let used = store.write.use_nonce(&build::app_id(app), nonce, now + 10, now).await;
        used.unwrap()
    };
    assert!(uses("a", "n1", NOW).await);
    assert!(!uses("a", "n1", NOW).await);
    assert!(uses("b", "n1", NOW).await, "apps do not know of each other");
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let write = store.write.clone();
        racing.spawn(async move {
            write.use_nonce(&build::app_id("a"), "raced", NOW + 10, NOW).await.unwrap()
        });
    }
    assert_eq!(racing.join_all().await.into_iter().filter(|is_first| *is_first).count(), 1);
    for number in 0..20 {
        assert!(uses("a", &format!("later {number}"), NOW + 10 + number).await);
    }
    let kept = store.read.dump("select count(*) from nonce where nonce not like 'later%'").await;
    assert_eq!(kept.unwrap(), ["0"], "what is over is forgotten as others come");
}
