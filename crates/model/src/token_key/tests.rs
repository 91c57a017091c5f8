use super::*;

const BASE: &str = DOCUMENTED_BASES[0];
const TOKEN_ID: &str = "TOKEN001";

/// The claim of a create with those parameters.
fn create<'a>(params: &'a [Param<'a>]) -> Claim<'a> {
    Claim {
        name: "createFundSearchTaskB",
        token_id: TOKEN_ID,
        public_bases: &[],
        params,
        required: &[],
        accepts_short: false,
    }
}

/// The key of a text as any MD5 makes it, with nothing of this module.
fn key_of(text: &str) -> TokenKey {
    TokenKey(Md5::digest(text.as_bytes()).into())
}

fn signed(param: &str) -> TokenKey {
    key_of(&format!("{BASE}createFundSearchTaskB{TOKEN_ID}{param}"))
}

/// Every vector of the protocol: address, parameters, key.
const VECTORS: [(&str, &[Param<'static>], &str); 8] = [
    (
        "https://api.tcredit.com/integration/jk13113",
        &[("name", "张三"), ("idCard", "110101199001011234"), ("mobile", "13800138000")],
        "c22964f261f8e89c65f1dd75a1970279",
    ),
    ("getFundCitysB", &[], "5ee798e2a4d9eceea2604d9b2eeeb1ea"),
    ("getInsuranceCitysB", &[], "54b9a14973e7e9f7503c1491ebc5323c"),
    ("getFundCityParamB", &[("area_code", "310000")], "fc68b457c656a08528994916990d6432"),
    (
        "createFundSearchTaskB",
        &[
            ("sub_area", "1"),
            ("account", "62220001"),
            ("area_code", "310000"),
            ("login_type", "1"),
            ("password", "p,a=ss"),
        ],
        "72443aabdc49197f856c27e76c1097c8",
    ),
    (
        "getInsuranceB",
        &[("tid", "9e8fad75e1e74820b3e42dc43b6c84ad")],
        "cbd0e8eeef1226bb6ab5310fc5c6ba39",
    ),
    (
        "fundUserCode",
        &[("tid", "457e345272624ac294ff9dc675807dc9"), ("code", "8k3f")],
        "df9c444af9cc598811b76e9ef3d23c3d",
    ),
    (
        "securityUserCode",
        &[("tid", "abba52c28fbb4174901b39df0bde05c3"), ("code", "123456")],
        "1bfa39610cb321069fcca75f389d506a",
    ),
];

#[test]
fn p_10_every_vector_is_signed_as_published() {
    for (name, params, key) in VECTORS {
        let url = if name.contains(':') { name.to_owned() } else { format!("{BASE}{name}") };
        assert_eq!(sign(&url, TOKEN_ID, params), key, "{name}");
    }
}

#[test]
fn p_10_every_vector_is_verified() {
    for (name, params, key) in &VECTORS[1..] {
        let mut params = params.to_vec();
        params.push(("appId", "ignored"));
        params.push(("tokenKey", key));
        params.sort_unstable();
        let claim = Claim { name, ..create(&params) };
        let key = TokenKey::parse(key).expect("a key of the protocol");
        assert_eq!(claim.verify(&key), Some(Form::Filled), "{name}");
    }
}

#[test]
fn p_10_both_documented_schemes_and_public_bases_are_accepted_and_no_other_host() {
    let bases =
        ["https://gate.example.cn/identity".to_owned(), "http://10.0.0.7:8051/identity/".into()];
    let params = [("area_code", "310000")];
    let claim = Claim { public_bases: &bases, ..create(&params) };
    let verify = |base: &str| {
        claim.verify(&key_of(&format!("{base}createFundSearchTaskB{TOKEN_ID}area_code=310000")))
    };
    for base in [
        "http://api.tcredit.com/identity/",
        "https://api.tcredit.com/identity/",
        "https://gate.example.cn/identity/",
        "http://10.0.0.7:8051/identity/",
    ] {
        assert_eq!(verify(base), Some(Form::Filled), "{base}");
    }
    assert_eq!(verify("http://other.example.cn/identity/"), None);
}

#[test]
fn p_11_blank_values_are_left_out_or_kept() {
    let params = [("account", "1"), ("area_code", "310000"), ("mobile", ""), ("real_name", " ")];
    let claim = create(&params);
    assert_eq!(claim.verify(&signed("account=1,area_code=310000")), Some(Form::Filled));
    let all = "account=1,area_code=310000,mobile=,real_name= ";
    assert_eq!(claim.verify(&signed(all)), Some(Form::All));
    assert_eq!(claim.verify(&signed(all.trim())), Some(Form::All));
    assert_eq!(claim.verify(&signed("account=1,area_code=310000,mobile=")), None);
}

#[test]
fn p_11_the_whole_string_is_taken_raw_or_trimmed() {
    let params = [("account", " 1 "), ("password", "secret \t\r\n")];
    let claim = create(&params);
    assert_eq!(claim.verify(&signed("account= 1 ,password=secret \t\r\n")), Some(Form::Filled));
    assert_eq!(claim.verify(&signed("account= 1 ,password=secret")), Some(Form::Filled));
    assert_eq!(claim.verify(&signed("account=1,password=secret")), None, "values are not trimmed");
}

#[test]
fn p_11_the_fallback_set_is_what_the_city_requires() {
    let params = [("account", "1"), ("area_code", "310000"), ("login_type", "1"), ("nick", "x")];
    let required = ["area_code", "login_type", "account", "password"];
    let key = signed("account=1,area_code=310000,login_type=1");
    assert_eq!(Claim { required: &required, ..create(&params) }.verify(&key), Some(Form::Required));
    assert_eq!(create(&params).verify(&key), None, "without a fallback set extras are signed");
}

#[test]
fn p_11_values_are_signed_before_url_encoding_as_utf_8() {
    let params = [("real_name", "张 三+%41")];
    assert_eq!(create(&params).verify(&signed("real_name=张 三+%41")), Some(Form::Filled));
}

#[test]
fn p_11_names_are_ordered_as_in_a_dictionary() {
    let sent = [("b", "1"), ("a1", "2"), ("a", "3"), ("B", "4")];
    assert_eq!(&*signed_text("u", "t", &sent), "utB=4,a=3,a1=2,b=1");
}

#[test]
fn p_11_no_more_than_24_digests_are_made() {
    let bases: Vec<_> = (0..30).map(|n| format!("http://gate{n}.example.cn/identity/")).collect();
    let params = [("area_code", "1")];
    let claim = Claim { public_bases: &bases, ..create(&params) };
    let verify = |n: usize| {
        let base = &bases[n];
        claim.verify(&key_of(&format!("{base}createFundSearchTaskB{TOKEN_ID}area_code=1")))
    };
    assert_eq!(verify(21), Some(Form::Filled), "the 24th address");
    assert_eq!(verify(22), None, "the 25th");
}

#[test]
fn p_11_public_bases_never_take_the_place_of_a_documented_one() {
    let bases: Vec<_> = (0..30).map(|n| format!("http://gate{n}.example.cn/identity/")).collect();
    let params = [("area_code", "1"), ("mobile", ""), ("note", "2"), ("zone", "x ")];
    let claim = Claim {
        public_bases: &bases,
        required: &["area_code"],
        accepts_short: true,
        ..create(&params)
    };
    let https = DOCUMENTED_BASES[1];
    let verify = |param: &str| {
        claim.verify(&key_of(&format!("{https}createFundSearchTaskB{TOKEN_ID}{param}")))
    };
    assert_eq!(verify("area_code=1,note=2,zone=x"), Some(Form::Filled));
    assert_eq!(verify("area_code=1,mobile=,note=2,zone=x"), Some(Form::All));
    assert_eq!(verify("area_code=1"), Some(Form::Required));
    assert_eq!(verify(""), Some(Form::Short));
}

#[test]
fn p_11_hex_is_taken_in_either_case_and_in_one_length() {
    let key = sign(&format!("{BASE}createFundSearchTaskB"), TOKEN_ID, &[]);
    let verify = |text: &str| TokenKey::parse(text).and_then(|key| create(&[]).verify(&key));
    assert_eq!(verify(&key), Some(Form::Filled));
    assert_eq!(verify(&key.to_uppercase()), Some(Form::Filled));
    let long = format!("{key}00");
    for wrong in ["", "0", &key[..31], &key[..30], &long, "gg", "张三", &"z".repeat(32)] {
        assert_eq!(verify(wrong), None, "{wrong}");
    }
}

#[test]
fn p_12_the_short_signature_needs_the_switch() {
    let params = [("code", "8k3f"), ("tid", "457e345272624ac294ff9dc675807dc9")];
    let claim = Claim { name: "fundUserCode", ..create(&params) };
    let short = key_of(&format!("{BASE}fundUserCode{TOKEN_ID}"));
    assert_eq!(claim.verify(&short), None);
    assert_eq!(Claim { accepts_short: true, ..claim }.verify(&short), Some(Form::Short));
}

#[test]
fn p_13_a_key_is_not_shown() {
    let key = TokenKey::parse("c22964f261f8e89c65f1dd75a1970279").expect("hex");
    assert_eq!(format!("{key:?}"), "TokenKey(…)");
}

#[test]
fn the_signed_text_is_what_is_digested() {
    let (_, params, key) = VECTORS[4];
    let text = signed_text(&format!("{BASE}createFundSearchTaskB"), TOKEN_ID, params);
    assert_eq!(
        &*text,
        "http://api.tcredit.com/identity/createFundSearchTaskBTOKEN001\
         account=62220001,area_code=310000,login_type=1,password=p,a=ss,sub_area=1"
    );
    assert_eq!(hex::encode(Md5::digest(text.as_bytes())), key);
}
