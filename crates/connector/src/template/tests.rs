use std::collections::BTreeMap;

use super::*;

impl Scope for BTreeMap<&str, &str> {
    fn get(&self, name: &str) -> Option<Value> {
        BTreeMap::get(self, name).map(|text| Value::from(*text))
    }
}

fn check(source: &str, expect: &str) {
    let scope = BTreeMap::from([
        ("id_card", "210302199001011234"),
        ("today", "2018-02-28"),
        ("password", "a&b"),
        ("v", "1.2.3"),
    ]);
    let text = Template::parse(source).and_then(|t| t.render(&scope).map_err(|error| error.0));
    assert_eq!(text.as_deref().unwrap_or_else(|error| error.as_str()), expect, "{source}");
}

#[test]
fn filters_do_what_portals_expect() {
    check("{{ 'abc' | md5 | upper }}", "900150983CD24FB0D6963F7D28E17F72");
    check("{{ 'abc' | sha1 }}", "a9993e364706816aba3e25717850c26c9cd0d89d");
    check("{{ 'Jefe' | base64 }}", "SmVmZQ==");
    // openssl enc -aes-128-ecb -K 30313233343536373839616263646566 -a
    check("{{ 'abc' | aes('0123456789abcdef') }}", "HSWCHD4xHuotTdhjOiXBtQ==");
    check(
        "{{ '0123456789abcdefX' | aes('0123456789abcdef0123456789abcdef') }}",
        "+DyaYNwM25ghn3nW1dsWNXLt2l65ekky6h1iKm6MCo4=",
    );
    check("{{ 'abc' | aes('short') }}", "`{{ 'abc' | aes('short') }}`: invalid operation");
    check("{{ {'x': 3, 'y': 5.0, 'z': v} | tojson }}", r#"{"x":3,"y":5.0,"z":"1.2.3"}"#);
    check("{{ ['引\"号'] | tojson }}", r#"["引\"号"]"#);
    check("{{ '深圳' | urlencode('gbk') }}", "%C9%EE%DB%DA");
    check(
        "{{ 'what do ya want for nothing?' | hmac('md5', 'Jefe') }}",
        "750c783e6ab0b503eaa86e310a5db738",
    );
    check("{{ id_card[4:7] }}-{{ id_card[-5:] }}-{{ id_card[11:] }}", "021-11234-1011234");
    check("9853398{{ v | replace('.', '') }}", "9853398123");
    check("{{ id_card | slice(-4) }}", "1234");
    check("{{ 'abc' | reverse }}", "cba");
    check("{{ '7' | pad(3, '0') }}", "007");
    check("{{ v | default('x') }}{{ nope | default('y') }}", "1.2.3y");
    check(
        "{{ 'abc' | sha256 }}",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    check("{{ '深a' | hex }}", "e6b7b161");
    check("{{ ' Ab ' | trim | lower }}{{ password | length }}", "ab3");
    check("{{ ['a', 'b', 'c'] | first }}{{ ['a', 'b', 'c'] | last }}", "ac");
    check("{{ ['a', 'b'] | join('-') }}{{ '07' | int + 1 }}", "a-b8");
}

#[test]
fn dates_move_and_show() {
    check("{{ today | minus_years(5) | date }}", "2013-02-28");
    check("{{ today | minus_months(1) | date('yyyyMM') }}", "201801");
    check("{{ today | first_of_year }}", "2018-01-01");
    check("{{ today | minus_days(28) | first_of_month }}", "2018-01-01");
    check("{{ 2017 | last_of_year | date('yyyy/MM/dd') }}", "2017/12/31");
    check("{{ today | last_of_month | date('yyyy年M月') }}", "2018年2月");
}

#[test]
fn undefined_names_and_statements_are_refused() {
    check("{{ nope }}", "`{{ nope }}`: undefined value");
    check("{% if x %}", "only {{ … }} is allowed; use `when:` and `each:` for logic");
    check("{{ password | md6 }}", "no filter `md6`, did you mean `md5`?");
    check("{{ mobile | default('') }}!", "!");
}

#[test]
fn the_old_rsa_script_is_followed_to_the_digit() {
    // Computed apart, with Python's pow, from the published description of the script.
    let modulus = "b5c3a1d7e9f2046813579bdf02468ace1";
    assert_eq!(rsa::unpadded("", modulus, "10001").as_deref(), Some(""));
    let modulus = "d1f3a5c7e9b2046813579bdf02468aef";
    let one = rsa::unpadded("123456", modulus, "10001");
    let number = BigIntOracle::block("123456", modulus);
    assert_eq!(one.as_deref(), Some(number.as_str()));
    let two = rsa::unpadded("123456789012345", modulus, "10001").unwrap_or_default();
    assert_eq!(two.split(' ').count(), 2, "blocks of 14 characters for a key of 128 bits");
}

#[test]
fn padded_rsa_is_opened_by_its_key() {
    use num_bigint::BigUint;
    let modulus = "9b61a9d9ef240fcaddf64416b9b5b8318d284315bfd33cb9ee2fc2a26ca57807";
    let secret = "730ba0c327f93f6829680989f9febe5d6a791efd1941e5ce1bee99f15c05e141";
    let template = format!("{{{{ password | rsa_pkcs1('{modulus}', '10001') }}}}");
    let scope = BTreeMap::from([("password", "a&b")]);
    let sent = Template::parse(&template).unwrap().render(&scope).unwrap();
    let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16).unwrap();
    let opened = number(&sent).modpow(&number(secret), &number(modulus)).to_bytes_be();
    // The leading zero of the block is no digit: 2, 26 random bytes, 0, the text.
    assert_eq!((sent.len(), opened.len(), opened[0]), (64, 31, 2));
    assert_eq!(opened.iter().position(|byte| *byte == 0), Some(27), "{opened:?}");
    assert_eq!(&opened[28..], b"a&b");
}

struct BigIntOracle;

impl BigIntOracle {
    /// The same arithmetic written the slow way: square and multiply over little-endian bytes.
    fn block(text: &str, modulus: &str) -> String {
        use num_bigint::BigUint;
        let n = BigUint::parse_bytes(modulus.as_bytes(), 16).unwrap();
        let m = BigUint::from_bytes_le(text.as_bytes());
        let mut result = m.clone();
        for _ in 0..16 {
            result = &result * &result % &n;
        }
        let hex = (result * m % n).to_str_radix(16);
        format!("{}{hex}", "0".repeat((4 - hex.len() % 4) % 4))
    }
}

#[test]
fn lists_keep_their_type() {
    let joined = Template::parse("{{ ['当前年度'] + (nope | default([v])) }}").unwrap();
    let scope = BTreeMap::from([("v", "2016-2017")]);
    assert_eq!(joined.json(&scope), Ok(serde_json::json!(["当前年度", "2016-2017"])));
}

#[test]
fn an_object_or_a_list_is_no_text() {
    struct Nested;
    impl Scope for Nested {
        fn get(&self, name: &str) -> Option<Value> {
            let home = serde_json::json!({ "name": { "value": "x" }, "names": ["x"], "no": null });
            (name == "home").then(|| from_json(&home))
        }
    }
    let render = |source: &str| Template::parse(source).unwrap().render(&Nested);
    for source in ["{{ home.name }}", "a {{ home.names }}", "{{ home }}"] {
        let told = render(source).unwrap_err().0;
        assert_eq!(told, format!("`{source}`: an object or a list, and no text"));
    }
    assert_eq!(render("{{ home.name.value }}{{ home.no }}").unwrap(), "x");
}

#[test]
fn a_template_mentions_whole_words() {
    let template =
        Template::parse("{{ row.begindate | default('') }} {{ row['发生日期'] }}").unwrap();
    for (word, expect) in [
        ("begindate", true),
        ("发生日期", true),
        ("date", false),
        ("日期", false),
        ("begin", false),
        ("end", false),
    ] {
        assert_eq!(template.mentions(word), expect, "{word}");
    }
}
