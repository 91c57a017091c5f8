mod families;
mod steps;

use std::collections::BTreeMap;

use crate::{files::SourceFile, library::Library};

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

const AREAS: &str = "code,name,pinyin,initials,province\n210300,鞍山,anshan,as,辽宁\n";

fn check(family: &str, city: &str, portals: &[(&str, &str)], expect: &[&str]) {
    let portals: BTreeMap<String, String> =
        portals.iter().map(|(key, url)| ((*key).to_owned(), (*url).to_owned())).collect();
    let told = told_of(family, city, &portals);
    assert_eq!(told, expect, "\n{}", told.join("\n"));
}

fn complaints_of(family: &str, city: &str) -> Vec<String> {
    told_of(family, city, &BTreeMap::new())
}

fn told_of(family: &str, city: &str, portals: &BTreeMap<String, String>) -> Vec<String> {
    let sources = vec![
        file("areas.csv", AREAS),
        file("dictionaries/pinyin.yaml", "fund_base: { xingming: employeeName }\n"),
        file("families/fund/x.yaml", family),
        file("cities/fund/210300-anshan.yaml", city),
    ];
    match Library::load(sources, portals) {
        Ok(library) => library.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
        Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
    }
}

const CITY: &str = "area: \"210300\"\nfamily: x\nwith: { base: \"http://h.test/x\" }\n";

const BASE: &str = "  baseInfo:\n    steps: [{ get: base }]\n    record: { json: \"$\", dictionary: pinyin, fields: [employeeName] }\n";

const GOOD: &str = r##"family: x
product: fund
needs: { base: { about: where } }
login:
  - type: 1
    name: 身份证号
    fields: [id_card, password]
    steps:
      - post: login
        form: { u: "{{ id_card }}", p: "{{ password | md5 }}" }
        expect: { text: 欢迎 }
sections:
  baseInfo:
    steps: [{ get: base }]
    record: { json: "$", dictionary: pinyin, fields: [employeeName] }
"##;

#[test]
fn a_good_definition_has_no_complaints() {
    check(GOOD, CITY, &[("fund/210300", "http://127.0.0.1:8052/a")], &[]);
}

#[test]
fn all_mistakes_are_told_at_once_where_they_stand() {
    let family = r##"family: x
product: fund
needs: { base: { about: where } }
logn: []
login:
  - type: one
    name: 身份证号
    fields: [id_card, passwort]
    steps:
      - post: login
        frm: { u: "{{ id_card }}" }
      - get: "{{ captha | md6 }}"
        capture: { a: { css: "td[" }, b: { json: "data.x" }, c: { regex: "(" } }
        fail: [{ text: 密码, as: wrong_pasword }]
limits: { turns: 5000 }
charset: gkb
sections:
  baseInfos: { steps: [] }
  billInfos:
    rows: { json: "$.x", map: { yue: balanse } }
"##;
    check(
        family,
        CITY,
        &[],
        &[
            "families/fund/x.yaml:4:1: error: unknown key `logn`, did you mean `login`?",
            "families/fund/x.yaml:6:11: error: expected a whole number, and this is a text",
            "families/fund/x.yaml:8:23: error: `passwort` is not known here, did you mean `password`?",
            "families/fund/x.yaml:11:9: error: unknown key `frm`, did you mean `form`?",
            "families/fund/x.yaml:12:14: error: no filter `md6`, did you mean `md5`?",
            "families/fund/x.yaml:13:30: error: not a selector: Unexpected EOL",
            "families/fund/x.yaml:13:50: error: `data.x` is not a JSON path; one looks like $.list[*].name",
            "families/fund/x.yaml:13:74: error: not a pattern: unclosed group",
            "families/fund/x.yaml:14:32: error: `wrong_pasword` is not known here, did you mean `wrong_password`?",
            "families/fund/x.yaml:15:18: error: must be at most 600; a file can only lower it",
            "families/fund/x.yaml:16:10: error: `gkb` is not the name of a charset; try gbk or utf-8",
            "families/fund/x.yaml:18:3: error: unknown key `baseInfos`, did you mean `baseInfo`?",
            "families/fund/x.yaml:20:38: error: `balanse` is not a field of the report, did you mean `balance`?",
        ],
    );
}

/// A family with these steps and sections, checked with a city; what is told without the file's name.
fn check_family(steps: &str, sections: &str, expect: &[&str]) {
    let family = format!(
        "family: x\nproduct: fund\nneeds: {{ base: {{ about: where }} }}\nlogin:\n  - type: 1\n    \
         name: 身份证号\n    fields: [id_card, password]\n    steps:\n{steps}sections:\n{sections}"
    );
    let with = " (with cities/fund/210300-anshan.yaml)";
    let expect: Vec<String> =
        expect.iter().map(|line| format!("families/fund/x.yaml:{line}{with}")).collect();
    let expect: Vec<&str> = expect.iter().map(String::as_str).collect();
    check(&family, CITY, &[], &expect);
}

#[test]
fn each_thing_is_written_in_one_way() {
    let family = GOOD
        .replace(
            "      - post: login\n",
            "      - get: page\n        capture: { token: { css: a, json: \"$.b\" } }\n      - set: { a: b }\n        get: x\n\
             \x20     - ask: captcha\n      - id: nothing\n      - post: login\n        get: login\n",
        )
        .replace(
            "    steps: [{ get: base }]",
            "    each: [{ item: { as: x } }, { year: { last: 3 }, month: { last: 1 } }]\n    steps: [{ get: base }]",
        );
    check(
        &family,
        CITY,
        &[],
        &[
            "families/fund/x.yaml:10:27: error: exactly one of the keys json or css or input or inputs or options or cookie or header or url or script or regex or body or says or shows or value",
            "families/fund/x.yaml:11:9: error: a step does one thing: `get` is of no use beside `set`",
            "families/fund/x.yaml:13:9: error: a captcha needs a request or a `picture`",
            "families/fund/x.yaml:14:9: error: a step needs `get`, `post`, `ask` or `set`",
            "families/fund/x.yaml:15:9: error: a request is either `get` or `post`",
            "families/fund/x.yaml:21:20: error: exactly one of the keys of or in",
            "families/fund/x.yaml:21:54: error: unknown key `month`; known are year",
        ],
    );
}

/// The first complaint without its place.
fn first(family: &str) -> String {
    let complaints = complaints_of(family, CITY);
    let text = |line: &String| line.split("error: ").nth(1).unwrap_or(line).to_owned();
    complaints.first().map_or(String::new(), text)
}

#[test]
fn names_are_defined_before_they_are_used() {
    check_family(
        "      - get: page\n        capture: { token: { input: t }, unused: { css: a } }\n\
         \x20     - post: login\n        form: { u: \"{{ idcard }}\", t: \"{{ token }}\" }\n\
         \x20     - ask: captcha\n        get: captcha\n        again: pge\n\
         \x20     - set: { mixed: \"{{ password | md5 }}\" }\n",
        "  baseInfo:\n    steps: [{ post: base, form: { p: \"{{ password }}\", m: \"{{ mixed }}\" } }]\n\
         \x20   record: { json: \"$\", dictionary: pinyinn, fields: [employeeName] }\n",
        &[
            "10:49: warning: nothing uses `unused`",
            "12:20: error: nothing defines `idcard`, did you mean `id_card`?",
            "15:16: error: no earlier step has the id `pge`",
            "19:38: error: `password` exists only in the login",
            "19:59: error: nothing defines `mixed`",
            "20:38: error: no dictionary `pinyinn`, did you mean `pinyin`?",
        ],
    );
}

#[test]
fn sections_say_what_can_be_read_and_what_proves_that_nothing_is_there() {
    let steps = "      - post: login\n        form: { u: \"{{ id_card }}\", p: \"{{ password }}\" }\n        expect: { text: 欢迎 }\n";
    check_family(
        steps,
        &format!(
            "{BASE}  billInfos:\n    each: [{{ page: {{ size: 10 }} }}, {{ item: {{ in: [1], as: x }} }}, {{ year: {{ last: 3 }} }}]\n\
             \x20   steps: [{{ get: bills, when: {{ text: x }}, expect: {{ json: \"$.a\", at: page }} }}]\n\
             \x20   rows: {{ json: \"$.x\", map: {{ yue: houseFundBalance }} }}\n\
             \x20   empty: [{{ css: table, not: true }}, {{ json: \"$.x\", missing: true }}]\n  oldageInsuranceInfos: {{ from: list }}\n"
        ),
        &[
            "17:11: error: at most two loops stand inside each other",
            "17:20: error: pages are the inner loop",
            "17:20: error: pages end by `total`, `pages`, `next`, `while`, `until` or `single`",
            "18:33: error: `when` asks captured values: `has`, `lacks` or `value`",
            "18:73: error: `at` goes with `text` or `exact`",
            "19:11: error: nothing brings what makes a row one: payArriveDate or payMonth; map it, or say `essential`",
            "19:38: error: this table has no field `houseFundBalance`",
            "20:13: error: what is not there proves nothing; say what is there instead of rows",
            "20:40: error: what is not there proves nothing; say what is there instead of rows",
            "21:25: error: not a section of `fund`",
        ],
    );
}

#[test]
fn what_is_essential_is_a_field_that_something_brings() {
    let steps = "      - post: login\n        form: { u: \"{{ id_card }}\", p: \"{{ password }}\" }\n        expect: { text: 欢迎 }\n";
    let check = |record: &str, rows: &str, expect: &[&str]| {
        check_family(
            steps,
            &format!(
                "  baseInfo:\n    steps: [{{ get: base }}]\n    record: {record}\n  billInfos:\n    steps: [{{ get: bills }}]\n    rows: {rows}\n"
            ),
            expect,
        );
    };
    let record = "{ json: \"$\", map: { xm: employeeName, ye: houseFundBalance }";
    let rows = "{ json: \"$\", map: { rq: payArriveDate, ye: balance }";
    let end = |start: &str, essential: &str| format!("{start}, essential: {essential} }}");
    check(
        &end(record, "[[employeeName, houseFundBalance]]"),
        &end(rows, "[payArriveDate, [balance]]"),
        &[],
    );
    check(
        &format!(
            "[{record} }}, {{ json: \"$.a\", map: {{ zh: houseFundAccount }}, essential: [houseFundAccount, employeeName] }}]"
        ),
        &end(rows, "[payArriveDate]"),
        &[],
    );
    check(
        &end(record, "[[houseFundBalance, idCard], [], \"houseFundBalance?\"]"),
        &end(rows, "[payMonthly, [balance, note], inAmount]"),
        &[
            "15:106: error: nothing maps `idCard`; map it, or leave it out here",
            "15:115: error: a group of `essential` names at least one field",
            "15:119: error: `houseFundBalance?`: what is essential has no `?`",
            "18:77: error: this table has no field `payMonthly`, did you mean `payMonth`?",
            "18:99: error: nothing maps `note`; map it, or leave it out here",
            "18:106: error: nothing maps `inAmount`; map it, or leave it out here",
        ],
    );
    check(
        "{ json: \"$\", map: { ye: houseFundBalance } }",
        "{ json: \"$\", map: { rq: payArriveDate } }",
        &[
            "15:13: error: nothing brings what makes a record one: employeeName or idCard or houseFundAccount or employeeAccountNum; map it, or say `essential`",
            "18:11: error: nothing brings what makes a row one: inAmount or outAmount or balance; map it, or say `essential`",
        ],
    );
}

#[test]
fn what_cannot_happen_is_not_written() {
    check_family(
        "      - get: page\n        capture: { a: { says: 欢迎, optional: true }, b: { input: b, optional: true, default: x }, c: { url: true, default: y } }\n\
         \x20     - ask: captcha\n        picture: { value: \"{{ a }}{{ b }}{{ c }}\", optional: true }\n\
         \x20     - post: login\n        form: { u: \"{{ id_card }}\", p: \"{{ password }}\" }\n",
        "  baseInfo:\n    steps: [{ get: base }]\n    record: [{ json: \"$\", dictionary: pinyin, fields: [employeeName] }, { values: { \"idCard?\": \"{{ a }}{{ aa }}\" } }]\n\
         \x20 billInfos:\n    each: { page: { until: empty, total: { json: \"$.t\", optional: true }, pages: [{ css: a }, { css: b, default: \"1\" }], next: { css: \"a @href\", all: true } } }\n\
         \x20   steps: [{ get: bills }]\n    rows: { json: \"$\", map: { d: payArriveDate, b: { to: balance, else: keep }, n: { to: note, codes: fund_stat } } }\n",
        &[
            "10:45: error: this is never missing; leave `optional` out",
            "10:78: error: `optional` says nothing beside `default`; leave it out",
            "10:123: error: this is never missing; leave `default` out",
            "12:62: error: a picture must be there; leave `optional` out",
            "18:96: error: `idCard?`: leave the `?` out; what is made of something missing is left out anyway",
            "18:96: error: nothing defines `aa`, did you mean `a`?",
            "20:67: error: what a page does not tell is not told; leave `optional` out",
            "20:114: error: what a page does not tell is not told; leave `default` out",
            "20:151: error: one value is due; leave `all` out",
            "22:52: error: `else: keep` goes with `codes` or `matching`; a text that is not of the field's kind cannot be kept",
            "22:84: error: no code table `fund_stat`",
        ],
    );
}

#[test]
fn an_answer_before_a_list_must_tell_that_it_went_well() {
    let with_bills = |steps: &str| {
        let bills = format!(
            "  billInfos:\n    before: [{steps}]\n    steps: [{{ get: bills }}]\n    rows: {{ json: \"$.rows\", \
             map: {{ d: payArriveDate, a: inAmount }} }}\n"
        );
        complaints_of(&(GOOD.to_owned() + &bills), CITY)
    };
    let told = with_bills("{ post: fill }");
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.contains("nothing tells that this answer is a success"), "{told}");
    for good in [
        "{ post: fill, expect: { json: \"$.code\", equals: \"0\" } }",
        "{ post: fill, capture: { key: { json: \"$.key\" } } }, { set: { k: \"{{ key }}\" } }",
    ] {
        let told = with_bills(good);
        assert!(told.iter().all(|one| !one.contains("nothing tells")), "{told:?}");
    }
}
