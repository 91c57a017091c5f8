//! Steps, questions and pagers: what each kind needs, and no key beside it.

use super::{CITY, GOOD, complaints_of, first};

#[test]
fn a_question_has_what_its_kind_needs_and_nothing_else() {
    let poll = "poll: { until: { text: ok }, request: { get: s } }";
    let told = |ask: &str| {
        let step = format!("      - {{ {ask} }}\n      - post: login\n");
        first(&GOOD.replace("      - post: login\n", &step))
    };
    for (ask, expect) in [
        (format!("ask: scan, get: code, {poll}"), ""),
        (format!("ask: confirm, hint: 请确认, {poll}"), ""),
        (
            "ask: rotate".to_owned(),
            "`rotate` cannot be asked; what can is one of captcha, sms, scan, slide, click, choose, confirm",
        ),
        ("ask: scan, get: code".to_owned(), "a scan or a confirmation needs `poll`"),
        (
            format!("ask: scan, {poll}"),
            "a scan needs `pictures` with `qr`, or `qr`, or a request for the picture",
        ),
        (format!("ask: click, get: p, {poll}"), "`poll` does not go with `ask: click`"),
        ("ask: slide, get: p".to_owned(), "a slide needs `pictures` with `background` and `piece`"),
        (
            "ask: click".to_owned(),
            "a click needs `pictures` with `background`, or a request for it",
        ),
        ("ask: choose".to_owned(), "a choice needs `choices`"),
        (
            "ask: choose, choices: { of: nobody }".to_owned(),
            "nothing defines `nobody` (with cities/fund/210300-anshan.yaml)",
        ),
        ("ask: sms, words: x".to_owned(), "`words` does not go with `ask: sms`"),
        ("ask: sms, expires: 601".to_owned(), "`expires` is from 1 to 600 seconds"),
        (
            "ask: sms, pictures: { back: { body: true } }".to_owned(),
            "`pictures` with `back` does not go with `ask: sms`",
        ),
        (
            format!("ask: scan, get: c, {}", poll.replace("{ until", "{ every: 2, until")),
            "`every` is from 3 to 60 seconds",
        ),
        (
            format!("ask: scan, get: c, {}", poll.replace("{ until", "{ for: 121, until")),
            "`for` is at most 120 seconds, and at least `every`",
        ),
        (
            format!("ask: scan, get: c, {}", poll.replace("get: s", "ask: sms")),
            "unknown key `ask`; known are get, post, query, form, form_from, json, body, content_type, headers, referer, ajax, charset, follow, repeatable, answer_charset, accept, peel, capture, expect, fail, texts",
        ),
    ] {
        assert_eq!(told(&ask), expect, "{ask}");
    }
    let without = GOOD.replace("    fields: [id_card, password]\n", "");
    let without = without
        .replace("form: { u: \"{{ id_card }}\", p: \"{{ password | md5 }}\" }", "ajax: true");
    let line = "families/fund/x.yaml:5:5: error: a login needs `fields`, unless it asks for a scan";
    assert!(
        complaints_of(&without, CITY)[0].starts_with(line),
        "{:?}",
        complaints_of(&without, CITY)
    );
    let scan = format!("      - {{ ask: scan, get: code, {poll} }}\n      - post: login\n");
    assert_eq!(complaints_of(&without.replace("      - post: login\n", &scan), CITY), [""; 0]);
}

/// What an author wrote and nothing looks at would be believed to hold.
#[test]
fn no_key_of_a_step_is_passed_over() {
    let capture = "capture: { a: { css: b } }";
    for (step, expect) in [
        ("get: p, hint: 请看".to_owned(), "`hint` is of no use without `ask`"),
        ("post: p, to: code".to_owned(), "`to` is of no use without `ask`"),
        (
            format!("set: {{ x: y }}, {capture}"),
            "a step does one thing: `capture` is of no use beside `set`",
        ),
        (format!("ask: sms, {capture}"), "`capture` is of no use without `get` or `post`"),
        ("ask: sms, query: { a: b }".to_owned(), "`query` is of no use without `get` or `post`"),
        (
            "ask: captcha, get: p, resend: false".to_owned(),
            "`resend` does not go with `ask: captcha`",
        ),
        (
            "ask: confirm, picture: { body: true }".to_owned(),
            "a scan or a confirmation needs `poll`",
        ),
        ("get: p, form: { a: b }".to_owned(), "only a `post` has a body"),
        ("get: p, content_type: text/xml".to_owned(), "only a `post` has a body"),
        (
            "post: p, json: { a: b }, content_type: text/xml".to_owned(),
            "the `content_type` of `json` is always the one of JSON",
        ),
    ] {
        let family = GOOD.replace(
            "      - post: login\n",
            &format!("      - {{ {step} }}\n      - post: login\n"),
        );
        assert_eq!(first(&family), expect, "{step}");
    }
}

#[test]
fn one_page_has_nothing_that_tells_of_more() {
    let told = |pager: &str| {
        first(&format!(
            "{GOOD}  billInfos:\n    each: [{{ page: {{ {pager} }} }}]\n    steps: [{{ get: bills }}]\n\
             \x20   rows: {{ json: \"$.x\", map: {{ riqi: payArriveDate, yue: balance }} }}\n\
             \x20   empty: {{ json: \"$.x\", equals: \"[]\" }}\n"
        ))
    };
    let next = "`single` is one page: leave `pages` and `next` out";
    assert_eq!(told("single: true, pages: { css: b }"), next);
    let until = "`single` is one page: leave `while` and `until` out";
    assert_eq!(told("single: true, until: empty"), until);
    assert_eq!(told("until: short"), "`until: short` needs `size`");
    assert_eq!(told("single: true, total: { json: \"$.n\" }"), "");
}
