use super::*;
use crate::{
    run::tests::rare,
    schema::{FileKind, coverage},
    template::FILTERS,
    yaml::{self, Merge, Node, Place, resolve_like},
};

#[test]
fn built_in_connectors_are_without_mistakes() {
    match Library::builtin() {
        Ok(library) => {
            assert!(library.connectors().count() > 0);
            println!("{}", library.warnings());
        }
        Err(complaints) => panic!("\n{complaints}"),
    }
}

const AREAS: &str = "code,name,pinyin,initials,province\n210300,鞍山,anshan,as,辽宁\n";

/// What is told of these files beside a family `x` that is good.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let family = r#"family: x
needs: { base: { about: where } }
login:
  - type: 1
    name: 身份证号
    fields: [id_card, password]
    steps: [{ post: in, form: { u: "{{ id_card }}", p: "{{ password }}" }, expect: { text: 欢迎 } }]
sections:
  baseInfo: { steps: [{ get: base }], record: { json: "$", map: { xm: employeeName } } }
"#;
    let own = [("areas.csv", AREAS), ("families/fund/x.yaml", family)];
    let is_given = |path: &str| files.iter().any(|(given, _)| *given == path);
    let own = own.into_iter().filter(|(path, _)| !is_given(path));
    let sources = own
        .chain(files.iter().copied().filter(|(_, text)| *text != "-"))
        .map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() })
        .collect();
    match Library::load(sources, &BTreeMap::new()) {
        Ok(library) => library.warnings().iter().map(ToString::to_string).collect(),
        Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
    }
}

const CITY: &str = "cities/fund/210300-anshan.yaml";
const GOOD: &str = "area: \"210300\"\nfamily: x\nwith: { base: \"http://h.test/x\" }\n";

#[test]
fn a_file_that_is_no_connector_is_told_where_it_is_wrong() {
    let check = |text: &str, expect: &[&str]| {
        let expect: Vec<String> = expect.iter().map(|line| format!("{CITY}:{line}")).collect();
        assert_eq!(told(&[(CITY, text)]), expect, "{text}");
    };
    check(GOOD, &[]);
    check(&format!("\u{feff}{}", GOOD.replace('\n', "\r\n")), &[]);
    let blank = "1:1: error: the file is blank; write it, or take it away";
    check("", &[blank]);
    check("# later\n", &[blank]);
    check("---\n", &[blank]);
    check("- area\n", &["1:1: error: expected keys and values; begin with `area: \"CODE\"`"]);
    check(
        "area: \"210300\"\n\tfamily: x\n",
        &[
            "2:2: error: not YAML: tabs disallowed within this context (block indentation); indent with blanks, not with tabs",
        ],
    );
    check(
        &format!("{GOOD}---\nx: y\n"),
        &["4:1: error: a file is one document; take the `---` away"],
    );
    check(
        &format!("{GOOD}tips: a: b\n"),
        &[
            "4:8: error: not YAML: mapping values are not allowed in this context; a text that holds `: ` stands in quotes",
        ],
    );
    check(
        &format!("{GOOD}family: x\n"),
        &["4:1: error: duplicate key `family`; it stands in line 2 too"],
    );
    check(&GOOD.replace(": x", ": stranger"), &["2:9: error: no family `stranger`; known are x"]);
    check(
        &format!("{GOOD}roots: a\nconcurrency: many\ntips: [a]\nlimits: ~\nurl: {{}}\n"),
        &[
            "4:8: error: expected a list, and this is a text; begin each element with `- `, or write `[…]`",
            "5:14: error: expected a whole number, and this is a text",
            "6:7: error: expected a text, and this is a list",
            "7:9: error: expected a map, and this is nothing",
            "8:6: error: expected a text, and this is a map",
        ],
    );
    check(
        &format!("{GOOD}tips: {}\n", "x".repeat(5_000_000)),
        &["1:1: error: longer than 262144 bytes, which no connector is; is it the right file?"],
    );
}

#[test]
fn a_folder_that_does_not_fit_together_is_told() {
    let check = |files: &[(&str, &str)], expect: &[&str]| assert_eq!(told(files), expect);
    check(
        &[(CITY, GOOD), ("cities/fund/210300-other.yaml", GOOD)],
        &[
            "cities/fund/210300-other.yaml:1:7: error: cities/fund/210300-anshan.yaml is for 210300 too; take one of them away",
        ],
    );
    check(
        &[(CITY, GOOD), ("cities/x.yaml", GOOD)],
        &[
            "cities/x.yaml:1:1: warning: nothing reads this file; a family is families/PRODUCT/NAME.yaml, a city cities/PRODUCT/CODE-PINYIN.yaml, PRODUCT is fund or insurance",
        ],
    );
    check(
        &[("cities/funds/210300-anshan.yaml", GOOD)],
        &[
            "cities/funds/210300-anshan.yaml:1:1: error: no product `funds`; it is fund or insurance",
        ],
    );
    // A family that is no YAML is told once, and not again of each city.
    check(
        &[(CITY, GOOD), ("families/fund/x.yaml", "a: [\n")],
        &[
            "families/fund/x.yaml:2:1: error: not YAML: while parsing a node, did not find expected node content; a value is missing here, or a `{` or `[` above is not closed",
        ],
    );
    check(
        &[
            (CITY, GOOD),
            (
                "dictionaries/d.yaml",
                "fund_base: { a: payCompany, b: idCard?, c: { to: gender, codes: sex }, d: { to: houseFundBalance, else: keep } }\n",
            ),
        ],
        &[
            "dictionaries/d.yaml:1:17: error: this table has no field `payCompany`",
            "dictionaries/d.yaml:1:32: error: `idCard?`: a dictionary has no `?`; `fields` tells what a portal gives",
            "dictionaries/d.yaml:1:44: error: no code table `sex`",
            "dictionaries/d.yaml:1:75: error: `else: keep` goes with `codes` or `matching`; a text that is not of the field's kind cannot be kept",
        ],
    );
    let header = "code,name,pinyin,initials,province";
    for (areas, expect) in [
        ("-", format!("1:1: error: the file is not there; it lists the areas, its first line is {header}")),
        ("210300,鞍山,anshan,as,辽宁\n", format!("1:1: error: the first line must be {header}")),
        ("code,name,pinyin,initials,province\n", "2:1: error: fund/210300 has a connector and no line; add 210300,name,pinyin,initials,province".to_owned()),
        (&*format!("\u{feff}{AREAS}2103,鞍山\n"), format!("3:1: error: expected {header}; a code has six digits")),
        (&*format!("{AREAS}210300,鞍山,anshan,as,辽宁\r\n"), "3:1: error: 210300 stands in line 2 too; take one away".to_owned()),
    ] {
        check(&[(CITY, GOOD), ("areas.csv", areas)], &[&format!("areas.csv:{expect}")]);
    }
}

/// What is written in another place of the language too, and means the same there.
fn same(name: &str) -> String {
    let same = name.replace("Rule.", "Predicate.").replace("FieldDetail.field ", "Field ");
    let same = same.replace("Request.", "Step.");
    if same == "Predicate.as" || same == "Predicate.reason" { name.to_owned() } else { same }
}

#[test]
fn every_key_of_the_language_is_used() {
    let mut complaints = Complaints::default();
    let own =
        rare::FILES.map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() });
    let sources: Vec<SourceFile> = Library::sources().into_iter().chain(own).collect();
    let mut used = BTreeSet::new();
    for file in &sources {
        let kind = match file.path.as_str() {
            "outcomes.yaml" => FileKind::Outcomes,
            path if path.starts_with("dictionaries/") => FileKind::Dictionary,
            _ => continue,
        };
        let node = yaml::parse(&file.path, &file.text, &mut complaints).unwrap();
        used.extend(coverage::used(&node, kind));
    }
    let files = Files::read(sources, &mut complaints);
    for (product, city) in &files.cities {
        let family = city.get("family").and_then(Node::text);
        let family = family.and_then(|name| files.families.get(&(*product, name.to_owned())));
        let whole = family.map_or_else(
            || city.clone(),
            |family| Merge::new("", &mut complaints).over(family, city, Place::File),
        );
        let whole = resolve_like(&whole, &mut complaints);
        for node in family.into_iter().chain([city, &whole]) {
            used.extend(coverage::used(node, FileKind::Definition));
        }
    }
    let used: BTreeSet<String> = used.iter().map(|name| same(name)).collect();
    let all: BTreeSet<String> = coverage::all().iter().map(|name| same(name)).collect();
    assert!(all.len() > 200, "{all:#?}");
    let unused: Vec<&String> = all.difference(&used).collect();
    assert_eq!(unused, [""; 0], "no connector and no test uses these");
}

#[test]
fn every_filter_is_used() {
    let sources = Library::sources();
    let tests = include_str!("../template/tests.rs");
    let texts = || sources.iter().map(|file| &*file.text).chain([tests]);
    let is_used = |name: &str| {
        texts().any(|text| {
            text.match_indices(name).any(|(at, _)| {
                let is_whole = !text[at + name.len()..]
                    .starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
                is_whole && text[..at].trim_end().ends_with('|')
            })
        })
    };
    let unused: Vec<&str> = FILTERS.iter().copied().filter(|name| !is_used(name)).collect();
    assert_eq!(unused, [""; 0], "no connector and no test uses these");
}

#[test]
fn a_starter_of_every_family_is_clean() {
    let sources = Library::sources;
    let mut complaints = Complaints::default();
    let files = Files::read(sources(), &mut complaints);
    let area = AreaCode::parse("420700").unwrap();
    assert!(files.families.len() > 10);
    for (product, family) in files.families.keys() {
        let is_needed = |path: &str| {
            !path.starts_with("cities/")
                && (!path.starts_with("families/") || path.contains(family))
        };
        let mut some: Vec<_> = sources().into_iter().filter(|file| is_needed(&file.path)).collect();
        let starter = Library::starter(some.clone(), *product, &area, family).unwrap();
        let path = format!("cities/{}/420700-ezhou.yaml", product.as_str());
        assert_eq!(starter.path, path);
        some.push(starter.clone());
        match Library::load(some, &BTreeMap::new()) {
            Ok(library) => {
                assert_eq!(library.warnings().to_string(), "", "{}", starter.text);
                let connector = library.connector(*product, &area).unwrap();
                assert_eq!(connector.family(), Some(family.as_str()));
            }
            Err(complaints) => panic!("{}\n{complaints}", starter.text),
        }
    }
    let starter = |area: &str, family: &str| {
        Library::starter(sources(), Product::Fund, &AreaCode::parse(area).unwrap(), family)
            .map(|starter| starter.text)
    };
    let text = r#"# 鄂州
area: "420700"
family: wt-web-jcr
with:
  # address of the personal hall, up to and including /wt-web
  base: "http://portal.invalid"
  # how far back bills are asked for; without it: 10
  # years: "10"
# The address that a person would open, and what they should know before logging in.
# url: http://portal.invalid
# tips: 使用网上大厅的登录密码
# What else is different here stands below, laid over the family key by key.
"#;
    assert_eq!(starter("420700", "wt-web-jcr").as_deref(), Ok(text));
    let no = |reason: &str| Err(reason.to_owned());
    assert_eq!(
        starter("210300", "wt-web-jcr"),
        no("cities/fund/210300-anshan.yaml is there already")
    );
    assert_eq!(
        starter("420799", "wt-web-jcr"),
        no("areas.csv has no area 420799; add its line first")
    );
    assert_eq!(
        starter("420700", "wt-web-jrc"),
        no("no family `wt-web-jrc`, did you mean `wt-web-jcr`?")
    );
}
