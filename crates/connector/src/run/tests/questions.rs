//! Portals without a picture to ask about, and those that only seem to have none.

use fiveone_model::failure::FailureKind;
use fiveone_model::question::REFRESH;

use super::scripted::{Body, Route, Visit, connector_with_login, get, post};

/// The picture is the answer itself.
const BARE: &str = "ask: captcha, get: captcha";

/// The picture stands on a page.
const ON_PAGE: &str = "ask: captcha, get: page, picture: { css: \"img#code @src\" }";

const IN: &str = "<p>欢迎 <a href=out>安全退出</a></p>";

/// What a login ends in, and how many questions were asked.
async fn ends(ask: &str, before: Vec<Route>, entered: &str) -> (Result<(), FailureKind>, usize) {
    ends_at(NO_CODE, ask, before, entered).await
}

/// A page to log in at that has no place for a code.
const NO_CODE: &str = "<form><input name=id><input type=password name=pw></form>";

/// The same at a page to log in at.
async fn ends_at(
    page: &'static str,
    ask: &str,
    mut before: Vec<Route>,
    entered: &str,
) -> (Result<(), FailureKind>, usize) {
    let login = format!(
        r#"
        - {{ get: open }}
        - {{ {ask} }}
        - {{ post: enter, form: {{ code: "{{{{ captcha }}}}", id: "{{{{ id_card }}}}", pw: "{{{{ password }}}}" }}, expect: {{ text: 安全退出 }} }}
        "#
    );
    let with: &[&str] = if before.iter().any(|route| matches!(route.answer, Body::Picture)) {
        &["code=8k3f&"]
    } else {
        &["code=&"]
    };
    before.push(get("/app/open", page));
    before.push(Route { method: "POST", path: "/app/enter", with, answer: entered.into() });
    let mut visit = Visit::of(connector_with_login(&login), before);
    let ended = visit.enter().await.map_err(|failure| failure.kind);
    (ended, visit.questions())
}

fn status(status: u16, page: &str) -> Body {
    Body::Status(status, page.to_owned())
}

#[tokio::test]
async fn a_picture_that_is_gone_is_not_asked_about() {
    let check = async |picture: Body, entered: &str, expect: Result<(), FailureKind>, asked| {
        let told = format!("{entered} {:?}", expect);
        let routes = vec![get("/app/captcha", picture)];
        assert_eq!(ends(BARE, routes, entered).await, (expect, asked), "{told}");
    };
    let changed = Err(FailureKind::PortalChanged);
    check(Body::Picture, IN, Ok(()), 1).await;
    for gone in [404, 410] {
        check(status(gone, "<h1>Not Found</h1>"), IN, Ok(()), 0).await;
    }
    // A page with a place for a code, or that is none to log in at, has lost its picture.
    for page in [
        "<form><input name=id><input name=captcha><input type=password name=pw></form>",
        "<form>验证码：<input name=c><input type=password name=pw></form>",
        "<p>欢迎</p>",
    ] {
        let routes = vec![get("/app/captcha", status(404, ""))];
        assert_eq!(ends_at(page, BARE, routes, IN).await, (changed, 0), "{page}");
    }
    // The portal wants a code of a picture that it did not show: nobody typed a wrong one.
    check(status(404, ""), "<script>alert('验证码错误')</script>", changed, 0).await;
    check(status(404, ""), "<script>alert('验证码不能为空')</script>", changed, 0).await;
    let wrong = Err(FailureKind::WrongCredentials);
    check(status(404, ""), "<script>alert('密码错误')</script>", wrong, 0).await;
    // What came instead of a picture says why.
    let closed = Err(FailureKind::Maintenance);
    check(status(404, "<p>系统维护中</p>"), IN, closed, 0).await;
    check(status(200, "<p>系统维护中</p>"), IN, closed, 0).await;
    check(status(200, "<p>这里什么也没有</p>"), IN, changed, 0).await;
    check(status(412, "<p>这里什么也没有</p>"), IN, Err(FailureKind::Blocked), 0).await;
}

#[tokio::test]
async fn a_page_without_a_picture_is_asked_about_only_where_it_wants_a_code() {
    const FORM: &str = "<form><input name=id><input type=password name=pw></form>";
    let check = async |page: &str, expect: Result<(), FailureKind>, asked: usize| {
        let page = page.replace("FORM", FORM);
        let mut routes = vec![get("/app/page", page.as_str())];
        if asked > 0 {
            routes.push(get("/app/code.jpg", Body::Picture));
        }
        assert_eq!(ends(ON_PAGE, routes, IN).await, (expect, asked), "{page}");
    };
    let changed = Err(FailureKind::PortalChanged);
    check("FORM<img id=code src=code.jpg>", Ok(()), 1).await;
    check("FORM", Ok(()), 0).await;
    // It wants a code: by its words, or by a field for one.
    check("FORM<label>验证码</label>", changed, 0).await;
    check("FORM<input name=verifyCode>", changed, 0).await;
    check("FORM<input id=txt_yzm>", changed, 0).await;
    check("FORM<input type=hidden name=verifyCode>", Ok(()), 0).await;
    // The picture is announced, and is not there.
    check("FORM<img id=code src=lost.jpg>", changed, 0).await;
    // No page to log in at.
    check("<p>欢迎光临</p>", changed, 0).await;
    check("<p>系统维护中</p>", Err(FailureKind::Maintenance), 0).await;
    check("<div class=notice>系统维护，暂停服务</div>", Err(FailureKind::Maintenance), 0).await;
}

#[tokio::test]
async fn a_question_that_was_skipped_is_not_answered_wrong_later() {
    let routes =
        vec![get("/app/page", "<form><input name=id><input type=password name=pw></form>")];
    let wrong =
        "<form><input name=id><input type=password name=pw></form><b id=err>验证码不正确</b>";
    assert_eq!(ends(ON_PAGE, routes, wrong).await, (Err(FailureKind::PortalChanged), 0));
    // One that was asked is asked again, three times in all.
    let routes = vec![get("/app/captcha", Body::Picture)];
    assert_eq!(ends(BARE, routes, wrong).await, (Err(FailureKind::WrongCode), 3));
}

/// What stood on the page before anything was sent is no answer when the page comes again for another
/// picture.
#[tokio::test]
async fn a_page_that_comes_again_is_no_answer_by_what_stood_there() {
    for standing in [
        "<div id=gg><ul><li>防诈骗提醒：验证码错误或密码错误时请勿反复尝试，谨防账号被锁定。</li></ul></div>",
        "<div class=tips>如遇验证码不正确，请点击图片刷新</div>",
        "<span class=error>用户名或密码错误时请致电12333</span>",
    ] {
        let page = format!(
            "<form><img id=code src=captcha><input name=id><input type=password name=pw></form>{standing}"
        );
        let login = r##"
        - { ask: captcha, get: page, picture: { css: "img#code @src" } }
        - { post: enter, form: { code: "{{ captcha }}", pw: "{{ password }}" }, expect: { text: 安全退出 }, fail: [{ exact: captchawrong, at: body, as: wrong_captcha }] }
        "##;
        let routes = vec![
            get("/app/page", page.as_str()),
            get("/app/captcha", Body::Picture),
            Route { method: "POST", path: "/app/enter", with: &[], answer: "captchawrong".into() },
        ];
        let mut visit = Visit::of(connector_with_login(login), routes);
        let ended = visit.enter().await.map_err(|failure| failure.kind);
        let asked_each_time = (Err(FailureKind::WrongCode), 3);
        assert_eq!((ended, visit.questions()), asked_each_time, "{standing}");
    }
}

#[tokio::test]
async fn another_picture_or_sms_is_had_by_the_same_request_so_many_times() {
    for (ask, most) in [("ask: captcha, get: code", 5), ("ask: sms, post: code", 2)] {
        let name = if ask.contains("sms") { "sms" } else { "captcha" };
        let login = format!(
            r#"
            - {{ {ask} }}
            - {{ post: enter, form: {{ code: "{{{{ {name} }}}}", id: "{{{{ id_card }}}}", pw: "{{{{ password }}}}" }}, expect: {{ text: 安全退出 }} }}
            "#
        );
        let routes = vec![
            get("/app/code", Body::Picture),
            post("/app/code", &[], "sent"),
            Route { method: "POST", path: "/app/enter", with: &["code=8k3f&"], answer: IN.into() },
        ];
        let mut visit = Visit::of(connector_with_login(&login), routes);
        let mut answers = vec![REFRESH; most];
        answers.push("8k3f");
        visit.answer_with(&answers);
        assert_eq!(visit.enter().await.map_err(|failure| failure.kind), Ok(()), "{ask}");
        let asked: Vec<_> = visit
            .asked()
            .iter()
            .map(|(question, attempt)| (question.can_refresh, *attempt))
            .collect();
        let mut expected = vec![(true, 1); most];
        expected.push((false, 1));
        assert_eq!(asked, expected, "{ask}");
    }
}

#[tokio::test]
async fn a_picture_that_the_portal_wants_after_all_is_asked_about() {
    let login = r##"
        - { id: page, get: page, capture: { box: { shows: "#box" } } }
        - { ask: captcha, when: { has: box }, get: page, picture: { css: "#code @src" }, again: page }
        - { post: enter, form: { code: "{{ captcha | default('') }}", pw: "{{ password }}" }, expect: { text: 安全退出 } }
        "##;
    let check = async |page: &str, expect: Result<(), FailureKind>, asked: usize| {
        let refused = "<script>alert('请输入正确的验证码')</script>";
        let routes = vec![
            get("/app/page", page),
            get("/app/code.jpg", Body::Picture),
            Route { with: &["code=8k3f&"], ..post("/app/enter", &[], IN) },
            Route { with: &["code=&"], ..post("/app/enter", &[], refused) },
        ];
        let mut visit = Visit::of(connector_with_login(login), routes);
        let ended = visit.enter().await.map_err(|failure| failure.kind);
        assert_eq!((ended, visit.questions()), (expect, asked), "{page}");
    };
    let hidden = "<p id=box style=\"display:none\"></p><img id=code src=code.jpg>";
    check(&format!("{NO_CODE}{hidden}"), Ok(()), 1).await;
    check(&format!("{NO_CODE}<p id=box>码</p><img id=code src=code.jpg>"), Ok(()), 1).await;
}
