//! The operator's pages over HTTP, on both databases; the browser itself is tested in `browser/`.

mod attacks;
mod operator;

use fiveone_model::app::AppId;
use fiveone_model::operator::Role;
use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use reqwest::StatusCode;

use self::operator::{Console, PASSWORD, add};
use crate::gateway::{APP, Plan, TestGateway, text};

on_both!(
    an_operator_signs_in_and_out,
    a_viewer_changes_nothing,
    a_task_is_shown_without_a_value_and_refunded,
    apps_are_made_switched_and_given_keys,
    an_area_is_closed_and_opened,
    what_is_erased_leaves_a_receipt,
);

async fn an_operator_signs_in_and_out(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let mut console = Console::at(&gateway.address);
    assert!(console.page("/console/sign-in").await.contains("fiveone operator add"));
    add(&gateway.engine, "wang", Role::Owner).await;
    for page in ["/console", "/console/tasks?app=a%26b", "/console/deeds"] {
        let answer = console.get(page).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
        assert!(answer.location().starts_with("/console/sign-in?next=%2Fconsole"), "{page}");
    }
    let form = console.get("/console/sign-in").await;
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(form.headers[name], value);
    }
    let policy = form.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"), "{policy}");

    for (name, password) in [("wang", "wrong"), ("li", PASSWORD)] {
        let answer = console.sign_in(name, password).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.body.contains("用户名、密码或动态码不对"), "the same words for both");
    }
    // A session that somebody planted is not the one that is begun.
    console.cookie = format!("fiveone_console={}", "ab".repeat(32));
    let planted = console.cookie.clone();
    assert_eq!(console.sign_in("wang", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_ne!(console.cookie, planted);
    let first = console.cookie.clone();
    assert_eq!(console.sign_in("wang", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let second = std::mem::replace(&mut console.cookie, first);
    assert_eq!(console.get("/console").await.status, StatusCode::SEE_OTHER, "it has ended");
    console.cookie = second;

    let evil = "https://evil.example";
    let own = [("form_token", console.form_token.as_str())];
    for (fields, origin) in [
        (own.as_slice(), evil),
        (own.as_slice(), "null"),
        (&[], console.base.as_str()),
        (&[("form_token", "x")], console.base.as_str()),
    ] {
        let answer = console.send_form("/console/sign-out", fields, origin).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{fields:?} {origin}");
    }
    let fields = [("name", "wang"), ("password", PASSWORD)];
    let answer = console.send_form("/console/sign-in", &fields, evil).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "signed in by another site");
    assert_eq!(console.get("/console").await.status, StatusCode::OK);
    assert_eq!(console.post("/console/sign-out", &[]).await.location(), "/console/sign-in");
    assert_eq!(console.get("/console").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_guesses_passwords_is_slowed_down() {
    let gateway = TestGateway::sqlite().await;
    add(&gateway.engine, "wang", Role::Owner).await;
    let mut console = Console::at(&gateway.address);
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(console.sign_in("wang", "wrong").await.status.as_u16());
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 401, 429, 429]);
    let answer = console.sign_in("wang", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "the right one waits, too");
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn from_elsewhere_there_is_no_console() {
    let mut plan = Plan::default();
    plan.web.console.allowed_networks =
        fiveone_model::networks::Networks::parse("10.0.0.0/8").unwrap();
    let gateway = TestGateway::build(TestStore::sqlite().await, plan).await;
    let console = Console::at(&gateway.address);
    for path in ["/console", "/console/sign-in"] {
        assert_eq!(console.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let style = format!("/console/assets/{}/console.css", env!("CARGO_PKG_VERSION"));
    for (method, path) in [("GET", style.as_str()), ("DELETE", "/console/tasks")] {
        let request = reqwest::Client::new()
            .request(method.parse().unwrap(), format!("{}{path}", gateway.address));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
}

/// Every form, with fields that would change something.
fn forms(tid: &str) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let app = format!("/console/apps/{APP}");
    let form =
        |path: &str, fields: &[(&'static str, &'static str)]| (path.to_owned(), fields.to_vec());
    let price = [("product", "fund"), ("price", "1.00"), ("partial", "never")];
    vec![
        form(&format!("/console/tasks/{tid}/cancel"), &[]),
        form(&format!("/console/tasks/{tid}/refund"), &[("reason", "r")]),
        form("/console/apps", &[("id", "other")]),
        form("/console/prices", &price),
        form(&app, &[("name", "another")]),
        form(&format!("{app}/grant"), &[("product", "fund"), ("to", "revoke")]),
        form(&format!("{app}/keys"), &[]),
        form(&format!("{app}/keys/revoke"), &[("key", "key_1")]),
        form(&format!("{app}/token"), &[]),
        form(&format!("{app}/price"), &price),
        form(&format!("{app}/top-up"), &[("amount", "1"), ("reason", "r")]),
        form("/console/areas/fund/210300", &[("to", "close"), ("note", "n")]),
        form("/console/callbacks/replay", &[]),
        form("/console/callbacks/msg_1/replay", &[]),
        form("/console/erasure", &[("id_number", "99130019930502001X")]),
        form("/console/explain", &[("app", APP)]),
    ]
}

async fn a_viewer_changes_nothing(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    let viewer = Console::of(&gateway, "viewer", Role::Viewer).await;
    let tables = ["app", "wallet", "task", "tariff", "api_key", "area_switch", "erasure"];
    let dump = async || {
        let mut all = Vec::new();
        for table in tables {
            let sql: &'static str = Box::leak(format!("select * from {table}").into_boxed_str());
            all.extend(gateway.store.read.dump(sql).await.unwrap());
        }
        all.sort();
        all
    };
    let before = dump().await;
    for (path, fields) in forms(&tid) {
        let answer = viewer.post(&path, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.body);
        assert!(answer.body.contains("您的角色不能这样做"), "{path}");
    }
    // Of an operator those of owners are refused.
    let operator = Console::of(&gateway, "operator", Role::Operator).await;
    for (path, fields) in forms(&tid).iter().filter(|(path, _)| path.starts_with("/console/apps")) {
        assert_eq!(operator.post(path, fields).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(dump().await, before);
    for path in [
        "/console",
        "/console/tasks",
        "/console/apps",
        "/console/areas",
        "/console/connectors",
        "/console/callbacks",
        "/console/explain",
        "/console/erasure",
        "/console/deeds",
    ] {
        let page = viewer.page(path).await;
        let forms = page.matches("method=\"post\"").count();
        assert_eq!(forms, 1, "{path} has a form beside that to sign out");
    }
    assert_eq!(
        viewer.page(&format!("/console/tasks/{tid}")).await.matches("method=\"post\"").count(),
        1
    );
    let answer = operator.post(&format!("/console/tasks/{tid}/cancel"), &[]).await;
    assert!(answer.location().ends_with("said=cancelled"), "{}", answer.body);
    assert_eq!(gateway.is_captured(&tid).await, Some(false));
    gateway.assert_nothing_is_left().await;
}

async fn a_task_is_shown_without_a_value_and_refunded(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let id_card = text(&person["login"]["id_card"]);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    let report = gateway.finish(Product::Fund, &tid, &id_card).await;
    let owner = Console::of(&gateway, "owner", Role::Owner).await;
    assert!(owner.page("/console/tasks?stage=done&mode=test").await.contains(&tid));
    assert!(!owner.page("/console/tasks?stage=failed").await.contains(&tid));
    assert_eq!(
        owner.get(&format!("/console/tasks?tid={tid}")).await.location(),
        format!("/console/tasks/{tid}")
    );
    assert_eq!(owner.get("/console/tasks?code=1").await.status, StatusCode::BAD_REQUEST);
    let page = owner.page(&format!("/console/tasks/{tid}")).await;
    let told =
        ["登录中", "用户已回答", "读到", "成功", "扣款", "退款", "对网站的请求", "<code>POST /"];
    for told in told {
        assert!(page.contains(told), "{told}: {page}");
    }
    let name = text(&report["userinfo"]["name"]);
    let name = if name == "null" { text(&report["baseInfo"]["name"]) } else { name };
    for path in ["/console", "/console/tasks", "/console/deeds", &format!("/console/tasks/{tid}")] {
        let page = owner.page(path).await;
        assert!(!page.contains(&id_card), "{path}");
        assert!(name.len() < 2 || name == "null" || !page.contains(&name), "{path}: {name}");
    }
    let refund = format!("/console/tasks/{tid}/refund");
    assert_eq!(owner.post(&refund, &[("reason", " ")]).await.status, StatusCode::BAD_REQUEST);
    let answer = owner.post(&refund, &[("reason", "读错了")]).await;
    assert!(answer.location().ends_with("said=refunded"), "{}", answer.body);
    let answer = owner.post(&refund, &[("reason", "again")]).await;
    assert!(answer.location().ends_with("said=refused"), "{}", answer.body);
    gateway.assert_nothing_is_left().await;

    let deeds = owner.page(&format!("/console/deeds?task={tid}")).await;
    for told in ["查看任务", "退款", "读错了", "owner"] {
        assert!(deeds.contains(told), "{told}: {deeds}");
    }
    let csv = owner.get(&format!("/console/apps/{APP}/statement.csv")).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let kinds: Vec<_> =
        csv.body.lines().skip(1).map(|line| line.split(',').nth(3).unwrap()).collect();
    assert_eq!(kinds, ["topup", "hold", "capture", "refund"]);
    assert!(owner.page(&format!("/console/apps/{APP}/statement")).await.contains("读错了"));
}

async fn apps_are_made_switched_and_given_keys(store: TestStore) {
    let mut plan = Plan::default();
    plan.options.callbacks_to_private = false;
    let gateway = TestGateway::build(store, plan).await;
    let owner = Console::of(&gateway, "owner", Role::Owner).await;
    let script = "<script>alert(1)</script>";
    let made = owner.post("/console/apps", &[("id", script), ("name", script)]).await;
    assert_eq!(made.status, StatusCode::OK);
    let id = AppId::parse(script).unwrap();
    let token = gateway.engine.accounts().find(&id).await.unwrap().unwrap().token.to_string();
    assert!(made.body.contains(&token), "shown once");
    let path = "/console/apps/%3Cscript%3Ealert%281%29%3C%2Fscript%3E";
    for page in ["/console/apps", path, "/console/tasks?app=%3Cscript%3E", "/console/deeds"] {
        let page = owner.page(page).await;
        assert!(!page.contains("<script>alert") && !page.contains(&token), "{page}");
    }
    assert!(owner.post("/console/apps", &[("id", script)]).await.body.contains("已有这个 appId"));

    let show = async || gateway.engine.accounts().show(&id).await.unwrap().unwrap();
    for address in ["http://127.0.0.1/cb", "ftp://x.example/", "nonsense"] {
        let answer = owner.post(path, &[("fund-callback", address)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{address}");
    }
    let before = show().await;
    let fields = [
        ("name", script),
        ("dialect", "example"),
        ("fund-callback", "https://loans.example.cn/cb"),
        ("insurance-callback", ""),
        ("findings", "on"),
        ("calls-per-second", "7"),
        ("open-tasks-max", "9"),
        ("unpaid-per-hour-max", "3"),
        ("allowed-networks", "203.0.113.0/24"),
    ];
    assert!(owner.post(path, &fields).await.location().ends_with("said=saved"));
    let after = show().await;
    assert!(after.wants_findings && !after.wants_challenges);
    assert_eq!(
        (after.calls_per_second, after.open_tasks_max, after.unpaid_per_hour_max),
        (7, 9, 3)
    );
    assert_eq!(after.allowed_networks.as_str(), "203.0.113.0/24");
    assert_eq!(after.callback(Product::Fund).unwrap().url, "https://loans.example.cn/cb");
    assert_eq!(after.grants, before.grants);

    owner.post(&format!("{path}/grant"), &[("product", "fund"), ("to", "revoke")]).await;
    assert_eq!(show().await.grant(Product::Fund), None);
    owner.post(&format!("{path}/top-up"), &[("amount", "12.34"), ("reason", "汇款")]).await;
    let balance = gateway.engine.accounts().balance(&id).await.unwrap().unwrap();
    assert_eq!(balance.free_fen, 1_234);
    let made = owner.post(&format!("{path}/keys"), &[("note", "server 1")]).await;
    let (_, key) = made.body.split_once("fo_live_").unwrap();
    let key = format!("fo_live_{}", &key[..64]);
    let bearer = async || {
        let request = reqwest::Client::new().get(format!("{}/v1/wallet", gateway.address));
        request.bearer_auth(&key).send().await.unwrap().status()
    };
    owner.post(path, &[("allowed-networks", "")]).await;
    assert_eq!(bearer().await, StatusCode::OK);
    let keys = gateway.engine.api_keys().all(&id).await.unwrap();
    let other =
        owner.post(&format!("/console/apps/{APP}/keys/revoke"), &[("key", &keys[0].id)]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "it is not that app's");
    owner.post(&format!("{path}/keys/revoke"), &[("key", &keys[0].id)]).await;
    assert_eq!(bearer().await, StatusCode::UNAUTHORIZED);
    let deeds = gateway.store.read.dump("select action from deed order by at, id").await.unwrap();
    let count = |action: &str| deeds.iter().filter(|deed| *deed == action).count();
    let counts = ["create_app", "change_app", "top_up", "create_key", "revoke_key"].map(count);
    assert_eq!(counts, [1, 3, 1, 1, 1], "{deeds:?}");
}

async fn an_area_is_closed_and_opened(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let operator = Console::of(&gateway, "operator", Role::Operator).await;
    let path = "/console/areas/fund/990000";
    assert_eq!(
        operator.post(path, &[("to", "close"), ("note", "")]).await.status,
        StatusCode::BAD_REQUEST
    );
    let answer = operator.post(path, &[("to", "close"), ("note", "改版")]).await;
    assert_eq!(answer.location(), format!("{path}?said=closed"));
    assert!(operator.page(path).await.contains("改版"));
    assert!(operator.page("/console").await.contains("示范市"), "it stands among what is wrong");
    operator.post(path, &[("to", "open")]).await;
    assert!(operator.page("/console").await.contains("一切正常"));
    assert_eq!(operator.get("/console/areas/fund/000001").await.status, StatusCode::NOT_FOUND);
}

async fn what_is_erased_leaves_a_receipt(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let id_card = text(&person["login"]["id_card"]);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    gateway.finish(Product::Fund, &tid, &id_card).await;
    let operator = Console::of(&gateway, "operator", Role::Operator).await;
    let answer = operator.post("/console/erasure", &[("id_number", &id_card)]).await;
    assert!(
        answer.body.contains("&quot;tasks&quot;: 1") || answer.body.contains("&#34;tasks&#34;: 1"),
        "{}",
        answer.body
    );
    assert!(!answer.body.contains(&id_card));
    let task = gateway.store.read.task(&TestGateway::id(&tid)).await.unwrap().unwrap();
    assert!(task.wiped_at.is_some());
    let deeds = gateway.store.read.dump("select * from deed").await.unwrap().join("\n");
    assert!(deeds.contains("erase") && !deeds.contains(&id_card), "{deeds}");
    assert!(operator.page(&format!("/console/tasks/{tid}")).await.contains("结果已删除"));
}

#[tokio::test]
async fn a_token_key_is_explained_without_what_was_typed() {
    let gateway = TestGateway::sqlite().await;
    let operator = Console::of(&gateway, "operator", Role::Operator).await;
    let fields = |key: &str, params: &str, theirs: &str| {
        let fields = [
            ("app", APP),
            ("interface", "fundUserCode"),
            ("token_key", key),
            ("params", params),
            ("theirs", theirs),
        ];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let ask = async |key: &str, params: &str, theirs: &str| {
        let fields = fields(key, params, theirs);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        operator.post("/console/explain", &fields).await.body
    };
    let url = "http://api.tcredit.com/identity/fundUserCode";
    let params = [("code", "s3cr3t"), ("tid", "457e345272624ac294ff9dc675807dc9")];
    let key = fiveone_model::token_key::sign(url, crate::gateway::TOKEN, &params);
    let lines = "code=s3cr3t\r\ntid=457e345272624ac294ff9dc675807dc9";
    let page = ask(&key, lines, "").await;
    assert!(page.contains("这个 tokenKey 是对的"), "{page}");
    assert!(!page.contains("s3cr3t") && !page.contains(crate::gateway::TOKEN), "{page}");
    let page = ask(&"0".repeat(32), lines, "https://api.tcredit.com/").await;
    assert!(page.contains("没有一个的 MD5") && page.contains("从第几字节起不同： 4"), "{page}");
    assert!(ask("short", lines, "").await.contains("32 位十六进制"));
    // Under another name, in another place, or as a part of another value.
    for lines in
        ["Password=hunter2", "idCard=hunter2", "area_code=310000,password=hunter2", "tid=hunter2"]
    {
        let page = ask(&"0".repeat(32), lines, "").await;
        assert!(page.contains("没有一个的 MD5") && !page.contains("hunter2"), "{lines}: {page}");
    }
    // Nobody guesses the tokenId character by character: however much is right, the same is told.
    let told = async |guess: &str| {
        let page = ask(&"0".repeat(32), lines, &format!("{url}{guess}")).await;
        let places = page
            .split("从第几字节起不同： ")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap_or_default().to_owned());
        places.collect::<Vec<_>>()
    };
    let begins = &crate::gateway::TOKEN[..3];
    assert_eq!(told("Z").await, told(&format!("{begins}Z")).await);
}
