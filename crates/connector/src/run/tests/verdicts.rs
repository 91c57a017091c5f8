//! What answers of a login mean: the page that is opened first, and what comes of the input.

use fiveone_model::failure::{Failure, FailureKind};

use super::scripted::{Body, Visit, connector_with_login, get, post};

const FORM: &str = "<form><input name=token value=t><input type=password name=pw></form>";

/// What a login ends in where a page is opened and a form sent, each with what its step says.
async fn ends(first: (&str, Body), then: (&str, Body)) -> Result<(), (FailureKind, String)> {
    let (page, enter) = (first.0, then.0);
    let login = format!(
        r#"
        - {{ get: page{page} }}
        - {{ post: enter, form: {{ id: "{{{{ id_card }}}}", pw: "{{{{ password }}}}" }}{enter} }}
        "#
    );
    let routes = vec![get("/app/page", first.1), post("/app/enter", &[], then.1)];
    let mut visit = Visit::of(connector_with_login(&login), routes);
    visit.enter().await.map_err(|failure| (failure.kind, failure.reason))
}

fn page(text: &str) -> Body {
    Body::Status(200, text.to_owned())
}

/// A failure in the portal's words, or in the usual ones where there are none.
fn told(kind: FailureKind, reason: &str) -> Result<(), (FailureKind, String)> {
    let usual = Failure::of(kind).reason;
    Err((kind, if reason.is_empty() { usual } else { reason.to_owned() }))
}

/// The page that is opened first, without the token that is looked for, and a login that is good.
async fn opens(status: u16, text: &str) -> Result<(), (FailureKind, String)> {
    let first = (", capture: { token: { input: token } }", Body::Status(status, text.to_owned()));
    ends(first, (", expect: { text: 安全退出 }", page("<p>安全退出</p>"))).await
}

/// The answer to the form, where the portal opens as it should.
async fn answers(rules: &str, status: u16, text: &str) -> Result<(), (FailureKind, String)> {
    ends(("", page(FORM)), (rules, Body::Status(status, text.to_owned()))).await
}

#[tokio::test]
async fn before_anything_was_sent_texts_about_the_input_are_advice() {
    assert_eq!(opens(200, FORM).await, Ok(()));
    for advice in [
        "密码错误",
        "账号已被锁定",
        "今日登录次数已达上限",
        "请先登录",
        "请修改初始密码",
        "暂无数据",
    ] {
        assert_eq!(
            opens(200, &format!("<p>{advice}</p><a href=x>首页</a>")).await,
            told(FailureKind::PortalChanged, ""),
            "{advice}"
        );
    }
    let busy = opens(200, "<p>系统繁忙</p>").await;
    assert_eq!(busy, told(FailureKind::PortalUnstable, "系统繁忙"));
    let wall = opens(200, "<p>访问被拦截</p>").await;
    assert_eq!(wall, told(FailureKind::Blocked, "访问被拦截"));
    // The same words after the input are the answer to it.
    let wrong = answers(", expect: { text: 安全退出 }", 200, "<p>密码错误</p>").await;
    assert_eq!(wrong, told(FailureKind::WrongCredentials, "密码错误"));
}

#[tokio::test]
async fn a_portal_that_is_only_about_its_maintenance_is_closed() {
    let closed = |reason: &str| told(FailureKind::Maintenance, reason);
    let changed = told(FailureKind::PortalChanged, "");
    let notice = "<div class=notice>系统维护，暂停服务</div>";
    assert_eq!(opens(200, notice).await, closed("系统维护，暂停服务"));
    assert_eq!(opens(503, notice).await, closed("系统维护，暂停服务"));
    let titled = "<title>系统维护</title><p>六月十六日恢复</p>";
    assert_eq!(opens(200, titled).await, closed("系统维护"));
    // A page that is not there, and a hall on which something can be done, are about other things.
    assert_eq!(opens(404, notice).await, changed);
    for hall in ["<input name=q>", "<iframe src=x></iframe>", "<button>登录</button>"] {
        assert_eq!(opens(200, &format!("{notice}{hall}")).await, changed, "{hall}");
    }
    // A page that nothing is looked for on is asked by its title, and as a whole where it has no link.
    let enter = ", expect: { text: 安全退出 }";
    let unasked = ends(("", page(titled)), (enter, page("<p>安全退出</p>"))).await;
    assert_eq!(unasked, closed("系统维护"));
    let unasked = ends(("", page(notice)), (enter, page("<p>安全退出</p>"))).await;
    assert_eq!(unasked, closed("系统维护，暂停服务"));
    let hall = page("<div class=notice>系统维护，暂停服务</div><a href=x>登录</a>");
    assert_eq!(ends(("", hall), (enter, page("<p>安全退出</p>"))).await, Ok(()));
    // Who maintains the portal is no maintenance.
    for credit in ["系统维护：某某公司", "系统维护电话 12329", "系统维护单位 某某公司"]
    {
        let credit = format!("<p>{credit}</p><a href=x>首页</a>");
        assert_eq!(opens(200, &credit).await, changed, "{credit}");
    }
    for notice in ["系统维护：6月16日暂停服务", "系统维护公告", "系统维护：系统升级中"]
    {
        let page = format!("<p>{notice}</p><a href=x>首页</a>");
        assert_eq!(opens(200, &page).await, closed(notice), "{notice}");
    }
}

#[tokio::test]
async fn a_lock_weighs_more_than_the_wrong_password_that_did_it() {
    let own = ", fail: [{ text: 密码错误, as: wrong_password }], expect: { text: 安全退出 }";
    let wrong = FailureKind::WrongCredentials;
    for (text, kind) in [
        ("密码错误", wrong),
        ("密码错误，账号已被锁定", FailureKind::Locked),
        ("密码错误，账号已被锁定，将会在24小时后解锁", FailureKind::Locked),
        ("密码错误5次，账号已锁定，剩余30分钟", FailureKind::Locked),
        ("密码错误，今日登录次数已达上限", FailureKind::Quota),
        // What will be is not.
        ("密码错误次数过多账号将被锁定", wrong),
        ("密码错误，还有2次机会，连续输错五次将被锁定", wrong),
        ("密码错误，连续输错5次账号将会被锁定", wrong),
    ] {
        for rules in [own, ", expect: { text: 安全退出 }"] {
            let page = format!("<script>alert('{text}')</script>");
            assert_eq!(answers(rules, 200, &page).await, told(kind, text), "{text}");
        }
    }
    // In two sentences the first rule that holds decides.
    let page = "<b id=err>密码错误</b><b id=msg>账号已被锁定</b>";
    assert_eq!(answers(own, 200, page).await, told(wrong, "密码错误"));
}

#[tokio::test]
async fn walls_are_told_by_their_status_and_pages_by_their_texts() {
    let rules = ", expect: { text: 安全退出 }";
    for status in [412, 521] {
        for text in ["<p>密码错误</p>", "<p>安全退出</p>", "<p>系统维护中</p>"] {
            assert_eq!(
                answers(rules, status, text).await,
                told(FailureKind::Blocked, ""),
                "{text}"
            );
        }
    }
    let wrong = answers(rules, 403, "<p>密码错误</p>").await;
    assert_eq!(wrong, told(FailureKind::WrongCredentials, "密码错误"));
    let accepted = answers(", accept: [412], expect: { text: 安全退出 }", 412, "<p>安全退出</p>");
    assert_eq!(accepted.await, Ok(()));
    // Where codes tell all, a page in place of JSON is told by its texts.
    let codes = ", texts: false, capture: { state: { json: \"$.code\" } }, expect: { json: \"$.code\", equals: OK }";
    assert_eq!(answers(codes, 200, r#"{"code":"OK","msg":"密码错误"}"#).await, Ok(()));
    let json = answers(codes, 200, r#"{"code":"E1","msg":"系统维护"}"#).await;
    assert_eq!(json, told(FailureKind::LoginFailed, "系统维护"));
    let page = answers(codes, 200, "<p>系统维护中</p>").await;
    assert_eq!(page, told(FailureKind::Maintenance, "系统维护中"));
}

#[tokio::test]
async fn a_login_page_that_is_shown_again_says_why_anywhere() {
    // Nothing is expected, so nothing else tells that it is no success.
    let again = |text: &str| format!("{FORM}<h2>{text}</h2>");
    let wrong = answers("", 200, &again("密码错误")).await;
    assert_eq!(wrong, told(FailureKind::WrongCredentials, "密码错误"));
    assert_eq!(answers("", 200, &again("系统繁忙")).await, Ok(()));
    assert_eq!(answers("", 200, "<h2>密码错误</h2><a href=x>首页</a>").await, Ok(()));
}

#[tokio::test]
async fn why_nobody_is_let_in_is_what_the_form_said_and_not_the_page_behind_it() {
    let again = |said: &str| format!("<div class=error>{said}</div>{FORM}");
    let check = async |answer: String, expect: Result<(), (FailureKind, String)>| {
        let login = r#"
        - { get: page }
        - { post: enter, form: { id: "{{ id_card }}", pw: "{{ password }}" } }
        - { get: hall, expect: { text: 安全退出 } }
        "#;
        let routes = vec![
            get("/app/page", FORM),
            post("/app/enter", &[], answer.as_str()),
            get("/app/hall", FORM),
        ];
        let mut visit = Visit::of(connector_with_login(login), routes);
        let ended = visit.enter().await.map_err(|failure| (failure.kind, failure.reason));
        assert_eq!(ended, expect, "{answer}");
    };
    let said = "您的查询权限未开通";
    check(again(said), told(FailureKind::LoginFailed, said)).await;
    // A rule that knows the words needs no page behind.
    check(again("密码错误"), told(FailureKind::WrongCredentials, "密码错误")).await;
    // Nothing was said, or not where somebody logs in.
    check(FORM.to_owned(), told(FailureKind::PortalChanged, "")).await;
    check(format!("<div class=error>{said}</div>"), told(FailureKind::PortalChanged, "")).await;
}

#[tokio::test]
async fn what_a_login_said_is_forgotten_with_the_login() {
    let login = r#"
        - { get: page }
        - { post: enter, form: { id: "{{ id_card }}", pw: "{{ password }}" } }
        "#;
    let said = format!("<div class=error>您输入的某某未开通</div>{FORM}");
    let routes = vec![get("/app/page", FORM), post("/app/enter", &[], said.as_str())];
    let mut visit = Visit::of(connector_with_login(login), routes);
    assert_eq!(visit.enter().await, Ok(()));
    assert!(!visit.keeps_words(), "it may repeat what was typed");
}
