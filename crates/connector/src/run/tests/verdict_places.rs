//! Every kind of verdict by its text: where it is the answer to the input it counts, and where it only
//! stands on the page it does not.

use fiveone_model::failure::FailureKind as K;

use super::scripted::{Body, Visit, connector_with_login, get, post};

/// A text of each kind that shared texts tell, and what it means for the person.
const TEXTS: [(&str, K); 14] = [
    ("密码错误", K::WrongCredentials),
    ("用户名不存在", K::WrongCredentials),
    ("用户名或密码错误", K::WrongCredentials),
    ("身份证格式错误", K::BadFormat),
    ("账号已锁定", K::Locked),
    ("今日登录次数已达上限", K::Quota),
    ("请修改初始密码", K::ActionNeeded),
    ("系统正在升级", K::Maintenance),
    ("系统繁忙", K::PortalUnstable),
    ("访问被拦截", K::Blocked),
    ("会话已超时", K::SessionLost),
    // Nobody asked for a code, so nothing can be asked again.
    ("验证码错误", K::LoginFailed),
    ("短信验证码错误", K::LoginFailed),
    ("请携带证件到柜台办理，谢谢", K::LoginFailed),
];

/// What a login ends in whose answer to the form is this, at a portal whose first page is that.
async fn ends(first: &str, answer: &str) -> Result<(), K> {
    let login = r#"
        - { get: page }
        - { post: enter, form: { id: "{{ id_card }}", pw: "{{ password }}" }, expect: { text: 安全退出 } }
    "#;
    let body = |text: &str| Body::Status(200, text.to_owned());
    let routes = vec![get("/app/page", body(first)), post("/app/enter", &[], body(answer))];
    let mut visit = Visit::of(connector_with_login(login), routes);
    visit.enter().await.map_err(|failure| failure.kind)
}

const FORM: &str = "<form action=enter><input name=id><input type=password name=pw></form>";

#[tokio::test]
async fn a_text_that_answers_the_input_counts() {
    for (text, kind) in TEXTS {
        for answer in [
            format!("{FORM}<script>alert('{text}');</script>"),
            format!("<body onload=\"alert('{text}')\">{FORM}</body>"),
            format!("{FORM}<div class=error>{text}</div>"),
            format!("{FORM}<span id=errMsg>{text}</span>"),
            format!(r#"{{"success":false,"msg":"{text}"}}"#),
            format!(r#"{{"msgBox":{{"msg":"{text}","msgType":"error"}},"success":false}}"#),
            text.to_owned(),
        ] {
            assert_eq!(ends(FORM, &answer).await, Err(kind), "{answer}");
        }
    }
}

/// Where a text stands and is no answer.
fn wrong_places(text: &str) -> Vec<String> {
    vec![
        format!("<div class=notice><ul><li>{text}</li></ul></div>"),
        format!("<div id=gonggao>{text}</div>"),
        format!("<footer>{text}</footer>"),
        format!("<marquee>{text}</marquee>"),
        format!("<div class=error style=\"display:none\">{text}</div>"),
        format!("<div class=error hidden>{text}</div>"),
        format!("<!-- {text} -->"),
        format!("<template><div class=error>{text}</div></template>"),
        format!("<script>var words = {{ a: '{text}' }};</script>"),
        format!("<script>function check() {{ alert('{text}'); }}</script>"),
        format!("<input type=hidden name=tip value='{text}'>"),
        format!("<p>温馨提示：如遇{text}，请致电12333咨询，祝您生活愉快。</p>"),
    ]
}

#[tokio::test]
async fn a_text_that_only_stands_there_does_not_count() {
    for (text, kind) in TEXTS {
        for place in wrong_places(text) {
            // Without a word of success the page is not what it should be, and no more is known.
            let answer = format!("{FORM}{place}<a href=x>首页</a>");
            let ended = ends(FORM, &answer).await;
            assert_eq!(ended, Err(K::PortalChanged), "{kind:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_text_that_stood_there_before_does_not_count() {
    for (text, kind) in TEXTS {
        for place in [
            format!("<div class=error>{text}</div>"),
            format!("<script>alert('{text}');</script>"),
            format!("<p>{text}</p>"),
        ] {
            let page = format!("{FORM}{place}");
            // A page that is closed or broken says so at once.
            let is_told_at_once = matches!(kind, K::Maintenance | K::PortalUnstable | K::Blocked);
            if !is_told_at_once {
                let ended = ends(&page, &page).await;
                assert_eq!(ended, Err(K::PortalChanged), "{kind:?}: {page}");
            }
        }
    }
}

#[tokio::test]
async fn the_witness_of_success_comes_before_every_text() {
    for (text, kind) in TEXTS {
        for place in wrong_places(text).into_iter().chain([
            format!("<script>alert('{text}');</script>"),
            format!("<div class=error>{text}</div>"),
            format!("<table><tr><td>说明</td><td>{text}</td></tr></table>"),
        ]) {
            let answer = format!("<p>欢迎您 <a href=out>安全退出</a></p>{place}");
            assert_eq!(ends(FORM, &answer).await, Ok(()), "{kind:?}: {answer}");
        }
    }
}
