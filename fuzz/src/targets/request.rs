//! A call's body. The first byte says what the body claims to be.

use super::choose;

const TYPES: [&str; 10] = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=GBK",
    "application/x-www-form-urlencoded; charset=",
    "application/json",
    "application/json; charset=gb18030",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=\"a b\"; charset=gbk",
    "text/plain",
    "",
    "multipart/form-data",
];

const BODIES: [&str; 7] = [
    "appId=app1&tokenKey=0123456789abcdef0123456789abcdef&area_code=990000&login_type=1.0",
    "id_card=99010119900101001X&password=%E5%AF%86%C3%DC+%00&tid=&tid=",
    r#"{"appId":"app1","tokenKey":null,"login_type":1.0,"password":"\ud800","x":[{}],"a":{"b":1e999}}"#,
    "--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nabc\r\n--x--\r\n",
    "--a b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\nContent-Type: text/plain; charset=gbk\r\n\r\n\u{fffd}\r\n--a b--",
    "",
    "%",
];

pub(super) fn run(bytes: &[u8]) {
    let Some((kind, body)) = choose(bytes, TYPES.len()) else { return };
    std::hint::black_box(fiveone_web::fuzzing::read_body(TYPES[kind], body.to_vec()));
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let each = (0..TYPES.len()).flat_map(|kind| BODIES.map(|body| (kind, body)));
    each.filter_map(|(kind, body)| Some([&[u8::try_from(kind).ok()?], body.as_bytes()].concat()))
        .collect()
}
