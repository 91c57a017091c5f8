//! What no shipped connector needs yet: a connector of its own, each key once, against a portal that
//! writes down what it is asked.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fiveone_model::{
    area::AreaCode,
    login::{Credentials, FieldName},
    product::Product,
    report::{Dialect, Section},
};
use serde_json::{Value as Json, json};

use super::{
    super::Run,
    fake::{Answers, NOW_MS},
};
use crate::{
    connector::Connector,
    files::SourceFile,
    library::Library,
    portal::{Answer, Portal, Request, TransportError},
};

/// The files of the connector, which the test that every key is used reads too.
pub(crate) const FILES: [(&str, &str); 2] = [
    ("dictionaries/rare.yaml", include_str!("rare/dictionary.yaml")),
    ("cities/fund/210300-rare.yaml", include_str!("rare/city.yaml")),
];

#[derive(Default)]
struct Hall {
    asked: Mutex<Vec<String>>,
}

/// The answer to a request without its host: status, one header, body.
fn answer(asked: &str) -> (u16, Option<(&'static str, &'static str)>, Vec<u8>) {
    let utf8 = |text: &str| (200, None, text.as_bytes().to_vec());
    let path = asked.split(' ').nth(1).unwrap_or_default();
    match path {
        "/app/door" => (302, Some(("location", "/app/page")), Vec::new()),
        "/app/page" => {
            let page = "<title>单位登录</title><!--<input name=state value='{\"token\":\"t-7\"}'>\
                        <select id=office><option value=01>市区<option value=02>县</select>-->";
            (200, None, encoding_rs::GBK.encode(page).0.into_owned())
        }
        "/app/message" => utf8("{\"sent\":true}"),
        "/app/enter" if asked.contains("code=1111") => utf8("{\"state\":\"sms wrong\"}"),
        "/app/enter" => (200, Some(("set-cookie", "SESSION=s-1")), b"{}".to_vec()),
        "/app/home" => utf8("<title>首页</title>"),
        "/app/packed" => utf8("ok <xml id=data>{\"kind\":\"个人\"}</xml>"),
        "/app/base" => {
            let page = "<p id=xm>张三</p><p id=rq>01/31/2018</p><p id=bl>12</p><p id=ye>一元</p>\
                        <p id=zt>7</p><p id=lx>1</p>";
            let page = page.replace('<', "&lt;").replace('>', "&gt;");
            utf8(&format!("cb({})", json!(json!({ "html": page }).to_string())))
        }
        "/app/bills?from=2017-07-01&to=2018-06-30&page=1&name=%BB%E3%BD%C9" => utf8(
            "<table><tr><th>序号<th>日期<th>存入<th>余额</tr><tr><td>2018-05-01<td>100<td>300</tr>\
             <tr><td>小结<td>100<td>300</tr></table><a class=next>下一页</a>",
        ),
        "/app/bills?from=2017-07-01&to=2018-06-30&page=2&name=%BB%E3%BD%C9" => utf8(
            "<table><tr><th>序号<th>日期<th>存入<th>余额</tr><tr><td>2017-08-01<td>100<td>200</tr></table>",
        ),
        "/app/bills?from=2016-07-01&to=2017-06-30&page=1&name=%BB%E3%BD%C9" => utf8(
            "<table><tr><th>序号<th>日期<th>存入<th>余额</tr><tr><td>2017-05-01<td>100<td>100</tr></table>",
        ),
        "/app/loans?kind=1" => {
            utf8("{\"loans\":[{\"ht\":\"H1\",\"je\":5000,\"people\":[{\"xm\":\"李四\"}]}]}")
        }
        "/app/loans?kind=2" => utf8("{\"loans\":[]}"),
        "/app/repays?contract=H1&month=201806" => utf8(
            "<table><tr><th>rq<th>bj</tr><tr><td>2018-06-10<td>50</tr></table><a class=next href=more>下一页</a>",
        ),
        "/app/more" => utf8("<table><tr><th>rq<th>bj</tr><tr><td>2018-06-05<td>40</tr></table>"),
        "/app/repays?contract=H1&month=201805" => {
            utf8("<table><tr><th>rq<th>bj</tr><tr><td>2018-05-10<td>30</tr></table>")
        }
        "/app/overdues?contract=H1&from=2017-12-16" => {
            utf8("{\"list\":[{\"rq\":\"2018-01-05\",\"ye\":\"7.5\"}]}")
        }
        "/app/overdues?contract=H1&from=2017-06-16" => utf8("{\"none\":\"yes\"}"),
        _ => (404, None, Vec::new()),
    }
}

#[async_trait]
impl Portal for Hall {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        let url = &request.url;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let own = request.headers.iter().filter(|(name, _)| name.starts_with("x-"));
        let own: Vec<String> = own
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
            .collect();
        let body = String::from_utf8_lossy(&request.body);
        let asked = format!("{} {}{query} {body} {}", request.method, url.path(), own.join(", "));
        let limits = (request.answer_bytes_max, request.time_max.as_secs());
        assert_eq!(limits, (65_536, 10), "{asked}");
        let (status, header, body) = answer(&asked);
        self.asked.lock().unwrap().push(asked);
        let html = ("content-type".to_owned(), b"text/html".to_vec());
        let header = header.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        Ok(Answer { status, headers: std::iter::once(html).chain(header).collect(), body })
    }
}

/// What the portal is asked, in order.
const ASKED: [&str; 19] = [
    "GET /app/door  x-client: hall",
    "GET /app/page  x-client: hall",
    // A wrong code is asked for again without another message.
    "POST /app/message {\"to\":\"990102199001011237\",\"offices\":[\"01\",\"02\"],\"long\":true} x-client: hall",
    "POST /app/enter unit=U1&name=%E7%94%B2&office=01&code=1111&key=f7e7c36e458e80e6b6a2c67d0a9ec09bd718dadd7bfa8d6bf6e7ad526e46c2f7 x-client: hall, x-token: t-7",
    "POST /app/enter unit=U1&name=%E7%94%B2&office=01&code=2222&key=f7e7c36e458e80e6b6a2c67d0a9ec09bd718dadd7bfa8d6bf6e7ad526e46c2f7 x-client: hall, x-token: t-7",
    "GET /app/home  x-client: hall",
    "GET /app/packed  x-client: hall",
    "GET /app/base  x-client: hall",
    "GET /app/bills?from=2017-07-01&to=2018-06-30&page=1&name=%BB%E3%BD%C9  x-client: hall",
    "GET /app/bills?from=2017-07-01&to=2018-06-30&page=2&name=%BB%E3%BD%C9  x-client: hall",
    "GET /app/bills?from=2016-07-01&to=2017-06-30&page=1&name=%BB%E3%BD%C9  x-client: hall",
    "GET /app/bills?from=2015-07-01&to=2016-06-30&page=1&name=%BB%E3%BD%C9  x-client: hall",
    "GET /app/loans?kind=1  x-client: hall",
    "GET /app/loans?kind=2  x-client: hall",
    "GET /app/repays?contract=H1&month=201806  x-client: hall",
    "GET /app/more  x-client: hall",
    "GET /app/repays?contract=H1&month=201805  x-client: hall",
    "GET /app/overdues?contract=H1&from=2017-12-16  x-client: hall",
    "GET /app/overdues?contract=H1&from=2017-06-16  x-client: hall",
];

/// The sections as the documents' table has them, each with its findings.
fn truth() -> Json {
    json!([
        [
            { "employeeName": "张三", "openAccountDate": "2018-01-31", "cardType": "身份证", "bankName": "个人", "depositRatioPersonal": "12.00" },
            [{ "kind": "unreadable", "field": "houseFundBalance" }],
        ],
        [
            [
                { "payArriveDate": "2018-05-01", "inAmount": 100, "balance": 300 },
                { "payArriveDate": "2017-08-01", "inAmount": 100, "balance": 200 },
                { "payArriveDate": "2017-05-01", "inAmount": 100, "balance": 100 },
            ],
            [],
        ],
        [
            [{
                "detailInfo": { "loanNum": "H1", "loanAmount": 5000 },
                "loanRepayerInfos": [{ "repayname": "李四" }],
                "loanRepayInfos": [
                    { "date": "2018-06-10", "principal": 50 },
                    { "date": "2018-06-05", "principal": 40 },
                    { "date": "2018-05-10", "principal": 30 },
                ],
                "loanOverdueInfos": [{ "date": "2018-01-05", "overdueBalance": 7.5 }],
            }],
            [],
        ],
    ])
}

fn connector() -> Arc<Connector> {
    let areas = "code,name,pinyin,initials,province\n210300,鞍山,anshan,as,辽宁\n";
    let sources = [("areas.csv", areas)].into_iter().chain(FILES);
    let sources = sources
        .map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() })
        .collect();
    let library = Library::load(sources, &std::collections::BTreeMap::new());
    let library = library.unwrap_or_else(|complaints| panic!("\n{complaints}"));
    assert_eq!(library.warnings().to_string(), "");
    let area = AreaCode::parse("210300").unwrap();
    library.connector(Product::Fund, &area).unwrap().clone()
}

#[test]
fn every_kind_of_field_is_told() {
    let connector = connector();
    assert_eq!(connector.concurrency(), 2);
    let fields: Vec<Json> = connector.logins()[0]
        .fields
        .iter()
        .map(|field| {
            let options: Vec<_> = field.options.iter().map(|one| (&one.key, &one.value)).collect();
            json!([
                field.name.as_str(),
                field.label,
                format!("{:?}", field.kind),
                field.is_required,
                options,
                field.tip,
                field.chars_max
            ])
        })
        .collect();
    assert_eq!(
        json!(fields),
        json!([
            ["id_card", "身份证号", "Text", true, [], "", 64],
            ["corp_account", "单位账号", "Text", true, [], "见缴存证", 8],
            ["corp_name", "单位名称", "Text", false, [], "", 64],
            ["sub_area", "区域", "Select", true, [["市区", "01"], ["县", "02"]], "", 64],
            ["real_name", "姓名", "Text", false, [], "", 64],
            ["mobile", "手机号", "Text", false, [], "", 64],
            ["password", "密码", "Password", true, [], "", 64],
        ])
    );
}

#[tokio::test]
async fn what_no_shipped_connector_needs_is_done() {
    let connector = connector();
    let hall = Arc::new(Hall::default());
    let mut run = Run::new(connector, hall.clone(), NOW_MS);
    let mut credentials = Credentials::default();
    for (field, value) in [
        (FieldName::IdCard, "990102199001011237"),
        (FieldName::CorpAccount, "U1"),
        (FieldName::SubArea, "01"),
        (FieldName::Password, "secret-1"),
    ] {
        credentials.set(field, value.to_owned());
    }
    let mut person = Answers::of(&["1111", "2222"]);
    let ended = run.login(1, &credentials, &mut person).await;
    assert_eq!(ended, Ok(()), "{:#?}", run.log().take());
    let mut read = Vec::new();
    for section in [Section::Base, Section::Bills, Section::Loans] {
        match run.read(section).await {
            Ok(reading) => {
                let findings: Vec<_> = reading.findings.iter().map(|one| json!(one)).collect();
                read.push(json!([reading.content.render(Dialect::Table), findings]));
            }
            Err(failure) => panic!("{failure:?} {:#?}", run.log().take()),
        }
    }
    assert_eq!(json!(read), truth());
    assert_eq!(*hall.asked.lock().unwrap(), ASKED);
}
