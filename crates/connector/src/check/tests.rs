use std::collections::BTreeMap;

use crate::library::{Library, SourceFile};

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

const AREAS: &str = "code,name,pinyin,initials,province\n210300,鞍山,anshan,as,辽宁\n";

fn check(family: &str, city: &str, portals: &[(&str, &str)], expect: &[&str]) {
    let sources = vec![
        file("areas.csv", AREAS),
        file("dictionaries/pinyin.yaml", "fund_base: { xingming: employeeName }\n"),
        file("families/fund/x.yaml", family),
        file("cities/fund/210300-anshan.yaml", city),
    ];
    let portals: BTreeMap<String, String> =
        portals.iter().map(|(key, url)| ((*key).to_owned(), (*url).to_owned())).collect();
    let told = match Library::load(sources, &portals) {
        Ok(library) => library.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
        Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(told, expect, "\n{}", told.join("\n"));
}

const CITY: &str = "area: \"210300\"\nfamily: x\nwith: { base: \"http://h.test/x\" }\n";

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
            "families/fund/x.yaml:6:11: error: expected a whole number",
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

#[test]
fn names_and_shapes_are_checked_together() {
    let family = r##"family: x
product: fund
needs: { base: { about: where }, deep: { about: nothing given } }
login:
  - type: 1
    name: 身份证号
    fields: [id_card, password]
    steps:
      - get: page
        capture: { token: { input: t }, unused: { css: a, json: "$.b" } }
      - post: login
        get: login
        form: { u: "{{ idcard }}", t: "{{ token }}" }
      - ask: captcha
        get: captcha
        again: pge
      - set: { mixed: "{{ password | md5 }}" }
sections:
  baseInfo:
    steps: [{ post: base, form: { p: "{{ password }}", m: "{{ mixed }}" } }]
    record: { json: "$", dictionary: pinyinn, fields: [employeeName] }
  billInfos:
    each: [{ page: { size: 10 } }, { item: { as: x } }, { year: { last: 3 } }]
    steps: [{ get: bills }]
    rows: { json: "$.x", map: { yue: houseFundBalance } }
  oldageInsuranceInfos: { from: list }
"##;
    let city = "area: \"210300\"\nfamily: x\nwith: { base: \"ftp://h\", dep: \"1\" }\n";
    let told = [
        "[portals]: error: no connector `fund/210301`",
        "cities/fund/210300-anshan.yaml:3:7: error: the family needs `deep` in `with`",
        "cities/fund/210300-anshan.yaml:3:15: error: `ftp://h` is not an http address",
        "cities/fund/210300-anshan.yaml:3:31: error: the family has no parameter `dep`, did you mean `deep`?",
    ];
    check(family, city, &[("fund/210301", "http://h")], &told);
    let city = "area: \"210300\"\nfamily: x\nwith: { base: \"http://h\", deep: \"1\" }\n";
    let with = " (with cities/fund/210300-anshan.yaml)";
    let told: Vec<String> = [
        "10:49: error: a capture has exactly one source",
        "10:49: warning: nothing uses `unused`",
        "11:9: error: a step does one thing: `get`, `post` or `set`",
        "13:20: error: nothing defines `idcard`, did you mean `id_card`?",
        "16:16: error: no earlier step has the id `pge`",
        "20:38: error: `password` exists only in the login",
        "20:59: error: nothing defines `mixed`",
        "21:38: error: no dictionary `pinyinn`, did you mean `pinyin`?",
        "23:5: error: `rows` needs `empty`: what proves that there are none",
        "23:11: error: at most two loops stand inside each other",
        "23:12: error: pages are the inner loop",
        "23:12: error: pages need `total`, `pages`, `until`, `while` or `next`",
        "23:36: error: either `of` (captured) or `in` (written here)",
        "25:38: error: this table has no field `houseFundBalance`",
        "26:25: error: not a section of `fund`",
    ]
    .iter()
    .map(|line| format!("families/fund/x.yaml:{line}{with}"))
    .collect();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    check(family, city, &[], &told);
}

#[test]
fn a_city_changes_its_family_in_the_ways_the_reference_tells() {
    let family = GOOD.replace("- post: login\n", "- id: logon\n        post: login\n");
    let city = r##"area: "210300"
family: x
with: { base: "http://h.test/x" }
login:
  - type: 1
    fields: [account, password]
    steps: [{ id: logon, form: { u: "{{ account }}", extra: "1" } }]
  - { type: 2, name: 手机, like: 1, fields: [mobile, password], steps: [{ id: logon, form: { u: "{{ mobile }}" } }] }
sections: { baseInfo: { record: { fields: ["employeeName?"] } } }
"##;
    check(&family, city, &[], &[]);
    check(
        &family,
        &format!("{CITY}sections: {{ baseInfo: ~ }}\n"),
        &[],
        &[
            "families/fund/x.yaml:14:3: error: no section is read (with cities/fund/210300-anshan.yaml)",
        ],
    );
    check(
        GOOD,
        "area: \"210300\"\nfamily: y\n",
        &[],
        &["cities/fund/210300-anshan.yaml:2:9: error: no family `y`, did you mean `x`?"],
    );
    check(
        GOOD,
        "area: [\n",
        &[],
        &[
            "cities/fund/210300-anshan.yaml:2:1: error: not YAML: while parsing a node, did not find expected node content",
        ],
    );
}
