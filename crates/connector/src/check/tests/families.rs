//! What the check says of a city and its family together, and of blocks that are alike.

use super::*;

#[test]
fn a_city_must_give_what_its_family_needs() {
    let family =
        GOOD.replace("{ about: where }", "{ about: where }, deep: { about: nothing given }");
    let city = "area: \"210300\"\nfamily: x\nwith: { base: \"ftp://h\", dep: \"1\" }\n";
    let expect = [
        "[portals]: error: no connector `fund/210301`",
        "cities/fund/210300-anshan.yaml:3:7: error: the family needs `deep` in `with`",
        "cities/fund/210300-anshan.yaml:3:15: error: `ftp://h` is not an http address",
        "cities/fund/210300-anshan.yaml:3:31: error: the family has no parameter `dep`, did you mean `deep`?",
    ];
    check(&family, city, &[("fund/210301", "http://h")], &expect);
}

#[test]
fn what_is_alike_is_written_once() {
    let bills = |with: &str| {
        GOOD.replace(
            "sections:\n",
            &format!("blocks:\n  bills:\n    steps: [{{ get: \"${{page}}\" }}]\n    rows: {{ json: \"$.x\", map: {{ d: payArriveDate, b: balance }} }}\nsections:\n  billInfos: {{ like: {with} }}\n"),
        )
    };
    check(&bills("bills, with: { page: bills.do }"), CITY, &[], &[]);
    check(
        &bills("bill, with: { page: bills.do }"),
        CITY,
        &[],
        &[
            "families/fund/x.yaml:17:14: error: nothing is read: `record`, `rows` or `from` is missing (with cities/fund/210300-anshan.yaml)",
            "families/fund/x.yaml:17:22: error: no section, list or block `bill`, did you mean `bills`?",
        ],
    );
    check(
        &bills("bills"),
        CITY,
        &[],
        &["families/fund/x.yaml:14:20: error: nothing gives `${page}`; say it in `with`"],
    );
}

#[test]
fn like_and_with_are_orders_only_where_a_block_may_stand() {
    let family = GOOD
        .replace("form: { u:", "form: { like: \"1\", with: \"{{ base }}\", steps: x, u:")
        .replace(
            "record: { json: \"$\",",
            "record: { json: \"$\", map: { like: houseFundStatus, with: idCard },",
        );
    check(
        &family.replace(
            "steps: [{ get: base }]",
            "steps: [{ get: base, query: { with: \"{{ bas }}\", like: \"{{ it }}\" } }]",
        ),
        CITY,
        &[],
        &[
            "families/fund/x.yaml:14:41: error: nothing defines `bas`, did you mean `base`? (with cities/fund/210300-anshan.yaml)",
            "families/fund/x.yaml:14:60: error: nothing defines `it` (with cities/fund/210300-anshan.yaml)",
        ],
    );
    let sections = "blocks:\n  deep: { parts: { loanRepayInfos: { like: deep } } }\n  fill: { get: \"${page}\" }\nsections:\n";
    let family = GOOD.replace("sections:\n", sections);
    let with = |steps: &str| family.replace("[{ get: base }]", steps);
    check(&with("[{ like: fill, with: { page: base } }]"), CITY, &[], &[]);
    check(
        &with(
            "[{ like: fill, with: { page: base, pge: x } }, { get: a, with: { b: c } }, { like: fill, with: base }]",
        ),
        CITY,
        &[],
        &[
            "families/fund/x.yaml:14:16: error: nothing gives `${page}`; say it in `with`",
            "families/fund/x.yaml:17:47: warning: nothing that is copied holds `${pge}`",
            "families/fund/x.yaml:17:75: error: `with` fills what `like` copies, and there is no `like` beside it",
            "families/fund/x.yaml:17:107: error: `with` is a map of names and texts",
        ],
    );
    let told = complaints_of(
        &family.replace("  baseInfo:", "  loanInfos: { like: deep }\n  baseInfo:"),
        CITY,
    );
    let expect = "families/fund/x.yaml:13:44: error: these `like`s lead to each other";
    assert!(told.iter().any(|line| line == expect), "{told:?}");
}

#[test]
fn steps_that_replace_a_list_are_told() {
    let family = GOOD.replace(
        "- post: login\n",
        "- { id: page, get: login }\n      - id: logon\n        post: login\n",
    );
    let with_steps = |steps: &str| format!("{CITY}login: [{{ type: 1, steps: [{steps}] }}]\n");
    let last =
        "post: in, form: { u: \"{{ id_card }}\", p: \"{{ password }}\" }, expect: { text: 欢迎 }";
    let told = |at: &str, path: &str, reason: &str| {
        format!(
            "cities/fund/210300-anshan.yaml:{at}: warning: this list replaces all of `{path}` of the family: {reason}; \
             give every step the `id` of the one it changes, or every step a new one to replace them"
        )
    };
    let steps = "login.1.steps";
    check(&family, &with_steps("{ id: logon, form: { x: a } }"), &[], &[]);
    check(&family, &with_steps(&format!("{{ id: enter, {last} }}")), &[], &[]);
    check(
        &family,
        &with_steps(&format!("{{ id: page, get: p }}, {{ {last} }}")),
        &[],
        &[&told("4:50", steps, "it has no `id`")],
    );
    check(
        &family,
        &with_steps(&format!("{{ id: logn, {last} }}")),
        &[],
        &[&told("4:28", steps, "no step there is `logn`, did you mean `logon`?")],
    );
    check(
        &family,
        &with_steps(&format!("{{ id: page, get: p }}, {{ id: enter, {last} }}")),
        &[],
        &[&told("4:50", steps, "no step there is `enter`")],
    );
    check(
        &family,
        &format!("{CITY}sections: {{ baseInfo: {{ steps: [{{ get: own }}] }} }}\n"),
        &[],
        &[&told("4:33", "sections.baseInfo.steps", "it has no `id`")],
    );
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
            "cities/fund/210300-anshan.yaml:2:1: error: not YAML: while parsing a node, did not find expected node content; a value is missing here, or a `{` or `[` above is not closed",
        ],
    );
}
