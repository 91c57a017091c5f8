use http::{HeaderValue, Method};

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

/// What comes of a body: its parameters as `name=value` lines, or the complaint.
async fn read_as(content_type: &str, body: impl Into<Body>) -> String {
    let request = Request::builder().method(Method::POST).uri("/identity/getFundB");
    let request =
        request.header("content-type", content_type).body(body.into()).expect("a request");
    outcome(request).await
}

async fn outcome(request: Request) -> String {
    match read(request, &Options::default()).await {
        Ok((params, _)) => {
            let line = |(name, value)| format!("{name}={value:?}");
            params.pairs().into_iter().map(line).collect::<Vec<_>>().join(" ")
        }
        Err(refusal) => format!("{} {}", refusal.status.number(), refusal.message()),
    }
}

#[tokio::test]
async fn p_01_a_form_is_read() {
    let body = "tid=1&a=%E5%BC%A0+%E4%B8%89%2B&blank=&bare&&pair=a=b&odd=5%&utf=张";
    assert_eq!(
        read_as(FORM, body).await,
        r#"a="张 三+" bare="" blank="" odd="5%" pair="a=b" tid="1" utf="张""#
    );
    assert_eq!(
        read_as("Application/X-WWW-Form-UrlEncoded ; Charset=\"utf-8\"", "a=1").await,
        r#"a="1""#
    );
}

#[tokio::test]
async fn p_01_a_form_that_declares_gbk_is_decoded_as_gbk() {
    for charset in ["GBK", "gb2312", "gb18030"] {
        let media = format!("{FORM}; charset={charset}");
        assert_eq!(read_as(&media, "a=%D5%C5%C8%FD").await, r#"a="张三""#);
        assert_eq!(read_as(&media, b"a=\xd5\xc5".to_vec()).await, r#"a="张""#);
        assert_eq!(read_as(&media, "a=%D5").await, "2 参数错误：参数不是有效的 GBK");
    }
}

#[tokio::test]
async fn p_01_ascii_is_taken_under_whatever_charset_clients_declare_it() {
    for charset in ["ISO-8859-1", "US-ASCII", "latin1", "", "\"\"", "UTF-8"] {
        for (kind, body) in [(FORM, "a=1%2B"), ("application/json", r#"{"a":"1+"}"#)] {
            let media = format!("{kind}; charset={charset}");
            assert_eq!(read_as(&media, body).await, r#"a="1+""#, "{media}");
        }
    }
    let told = "2 参数错误：中文参数请声明 UTF-8 或 GBK 字符集";
    assert_eq!(read_as(&format!("{FORM}; charset=ISO-8859-1"), "a=%E5%BC%A0").await, told);
}

#[tokio::test]
async fn p_01_a_json_object_is_read_by_the_text_of_its_values() {
    let body =
        r#"{"s":"张\u4e09\n","n":1,"f":1.50,"big":12345678901234567890,"e":1e2,"t":true,"x":null}"#;
    assert_eq!(
        read_as("application/json;charset=utf-8", body).await,
        r#"big="12345678901234567890" e="1e2" f="1.50" n="1" s="张三\n" t="true" x="""#
    );
    assert_eq!(read_as("application/json", "\u{feff} {\"a\" : \"b\"} ").await, r#"a="b""#);
}

#[tokio::test]
async fn p_01_a_multipart_form_is_read() {
    let part = |head: &str, value: &[u8]| {
        [b"--b\r\nContent-Disposition: form-data; ", head.as_bytes(), b"\r\n\r\n", value, b"\r\n"]
            .concat()
    };
    let body = [
        part("name=\"a\"", "张三".as_bytes()),
        part("name=\"file\"; filename=\"x\"", b"1\r\n2"),
        part("name=\"g\"\r\nContent-Type: text/plain; charset=gbk", b"\xd5\xc5"),
        b"--b--\r\n".to_vec(),
    ];
    assert_eq!(
        read_as("multipart/form-data; boundary=b", body.concat()).await,
        r#"a="张三" file="1\r\n2" g="张""#
    );
}

#[tokio::test]
async fn p_01_secrets_in_a_query_string_are_refused() {
    let with_query = |query: &str| {
        let uri = format!("/identity/getFundB?{query}");
        Request::builder().uri(uri).body(Body::from("a=1")).expect("a request")
    };
    for query in ["password=x", "a=1&tokenKey=2", "TID=3", "pass%77ord=4", "code"] {
        assert_eq!(
            outcome(with_query(query)).await,
            "2 参数错误：参数须放在请求体中，不得放在网址中",
            "{query}"
        );
    }
    assert_eq!(outcome(with_query("v=1&_=2")).await, r#"a="1""#);
}

#[tokio::test]
async fn a_missing_content_type_is_a_form_and_an_empty_body_has_no_parameters() {
    let request = Request::builder().body(Body::from("a=1")).expect("a request");
    assert_eq!(outcome(request).await, r#"a="1""#);
    assert_eq!(read_as(FORM, "").await, "");
}

#[tokio::test]
async fn wrong_or_double_content_types_are_refused() {
    for (media, complaint) in [
        ("text/plain", "不支持的 Content-Type"),
        ("application/xml", "不支持的 Content-Type"),
        ("application/json, application/json", "不支持的 Content-Type"),
        ("application/json; charset=gbk", "JSON 只能使用 UTF-8"),
        ("application/x-www-form-urlencoded; charset=utf-7", "不支持的字符集"),
        ("application/x-www-form-urlencoded; charset=utf-8; charset=gbk", "charset 重复"),
        ("multipart/form-data", "缺少 boundary"),
    ] {
        let got = read_as(media, "a=1").await;
        assert!(got.starts_with("2 参数错误：") && got.contains(complaint), "{media}: {got}");
    }
    let mut request = Request::new(Body::from("a=1"));
    request.headers_mut().append("content-type", HeaderValue::from_static(FORM));
    request.headers_mut().append("content-type", HeaderValue::from_static("application/json"));
    assert_eq!(outcome(request).await, "2 参数错误：Content-Type 重复");

    let mut request = Request::new(Body::from("a=1"));
    request.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
    assert_eq!(outcome(request).await, "2 参数错误：不支持 Content-Encoding");
}

#[tokio::test]
async fn broken_json_is_refused() {
    let broken = "2 参数错误：请求体不是有效的 JSON 对象";
    for body in [
        "",
        "{",
        "[]",
        "1",
        "null",
        "\"a\"",
        "{\"a\":}",
        "{\"a\":\"b\"",
        "{\"a\":1}{}",
        "{a:1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":01}",
        "{\"a\":\"\u{1}\"}",
        "{\"a\":NaN}",
        "tid=1",
    ] {
        assert_eq!(read_as("application/json", body).await, broken, "{body}");
    }
    let nested = "2 参数错误：参数的值不能是对象或数组";
    assert_eq!(read_as("application/json", r#"{"a":{"b":1}}"#).await, nested);
    assert_eq!(read_as("application/json", r#"{"a":[]}"#).await, nested);
    let deep = format!("{{\"a\":{}", "[".repeat(60_000));
    assert!(read_as("application/json", deep).await.starts_with("2 "));
    let invalid = read_as("application/json", b"{\"a\":\"\xff\"}".to_vec()).await;
    assert_eq!(invalid, "2 参数错误：请求体不是有效的 UTF-8");
}

#[tokio::test]
async fn broken_multipart_is_refused() {
    let broken = "2 参数错误：请求体不是有效的 multipart/form-data";
    for body in ["", "a=1", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1"] {
        assert_eq!(read_as("multipart/form-data; boundary=b", body).await, broken, "{body}");
    }
}

#[tokio::test]
async fn repeated_names_are_refused_whatever_the_body() {
    let multipart =
        "--b\r\nContent-Disposition: form-data; name=\"tid\"\r\n\r\n1\r\n".repeat(2) + "--b--";
    for (media, body) in [
        (FORM, "tid=1&tid=1"),
        (FORM, "tid=1&a=2&t%69d=2"),
        ("application/json", r#"{"tid":"1","tid":"2"}"#),
        ("application/json", r#"{"tid":null,"\u0074id":"2"}"#),
        ("multipart/form-data; boundary=b", &multipart),
    ] {
        assert_eq!(read_as(media, body.to_owned()).await, "2 参数错误：参数 tid 重复", "{body}");
    }
    assert_eq!(read_as(FORM, "secret=1&secret=2").await, "2 参数错误：参数 （未知参数） 重复");
}

#[tokio::test]
async fn invalid_utf_8_and_nul_are_refused_and_other_control_characters_are_not_lost() {
    assert_eq!(read_as(FORM, "a=%FF").await, "2 参数错误：参数不是有效的 UTF-8");
    assert_eq!(read_as(FORM, b"a=\xd5\xc5".to_vec()).await, "2 参数错误：参数不是有效的 UTF-8");
    assert_eq!(read_as(FORM, "code=1%002").await, "2 参数错误：参数 code 含有 NUL 字符");
    let escaped = r#"{"code":"1\u0000"}"#;
    assert_eq!(read_as("application/json", escaped).await, "2 参数错误：参数 code 含有 NUL 字符");
    assert_eq!(read_as(FORM, "a=%01%7F%0A").await, r#"a="\u{1}\u{7f}\n""#);
    assert_eq!(read_as(FORM, "=1").await, "2 参数错误：参数名为空");
}

#[tokio::test]
async fn ten_thousand_parameters_are_refused() {
    let body: String = (0..10_000).map(|n| format!("p{n}=&")).collect();
    assert_eq!(read_as(FORM, body[..60_000].to_owned()).await, "2 参数错误：参数超过 64 个");
    let body: String = (0..64).map(|n| format!("p{n}=&")).collect();
    assert_eq!(read_as(FORM, body).await.split(' ').count(), 64);
}

#[tokio::test]
async fn bodies_over_64_kib_are_read_to_their_end_and_refused() {
    let complaint = "2 参数错误：请求体超过 65536 字节";
    let fits = "a=".to_owned() + &"1".repeat(65_534);
    assert_eq!(read_as(FORM, fits.clone()).await.len(), 65_534 + 4);
    assert_eq!(read_as(FORM, fits + "1").await, complaint);
    assert_eq!(read_as(FORM, "1".repeat(1_000_000)).await, complaint);
    assert_eq!(read_as(FORM, "1".repeat(9_000_000)).await, complaint);
}

#[tokio::test]
async fn a_body_in_chunks_of_unknown_length_is_joined() {
    let chunks = ["ti", "d=%E5", "%BC%A0"].map(Ok::<_, std::io::Error>);
    let body = Body::from_stream(futures_util::stream::iter(chunks));
    assert_eq!(read_as(FORM, body).await, r#"tid="张""#);

    let endless =
        futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(100_000)));
    let complaint = read_as(FORM, Body::from_stream(endless)).await;
    assert_eq!(complaint, "2 参数错误：请求体超过 65536 字节");

    let broken = futures_util::stream::iter([Ok("a=1"), Err(std::io::Error::other("reset"))]);
    assert_eq!(read_as(FORM, Body::from_stream(broken)).await, "2 参数错误：请求体不完整");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_refused_in_time() {
    let options = Options { body_for: std::time::Duration::from_millis(5), ..Options::default() };
    let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
    let request = Request::new(Body::from_stream(never));
    let refusal = read(request, &options).await.err().expect("a refusal");
    assert_eq!(refusal.message(), "参数错误：请求体未在规定时间内到达");
}
