//! Loops over years: rows that two of them bring, and lives of work that are longer than the file asks for.

use fiveone_model::product::Product;
use serde_json::{Value as Json, json};

use super::{
    lists::{Read, read, rows},
    scripted::{Route, get},
};

/// Two years, this one included: 2018 and 2017.
const YEARS: &str = "
    each: { year: { last: 2 } }
    steps: [{ get: bills, query: { year: \"{{ year }}\" } }]
    rows: { json: \"$.rows\", map: { m: payMonth, d: payArriveDate, a: inAmount, no: ~ } }
    empty: { json: \"$.rows\", equals: \"[]\" }
";

fn year(with: &'static [&'static str], rows: Json) -> Route {
    Route { with, ..get("/app/bills", json!({ "rows": rows })) }
}

async fn bills(years: Vec<Route>) -> Read {
    read(Product::Fund, r#"{"xm":"张三"}"#, YEARS, years).await
}

fn paid(month: &str, day: &str) -> Json {
    json!({ "payMonth": month, "payArriveDate": day, "inAmount": 5 })
}

#[tokio::test]
async fn a_month_that_was_paid_in_the_year_after_is_one_row() {
    let row = |no: u32, month: &str, day: &str| json!({ "no": no, "m": month, "d": day, "a": 5 });
    let last = |no: u32| row(no, "2017-12", "2018-01-09");
    let this = json!([row(1, "2018-01", "2018-01-20"), last(2)]);
    let before = |rows: Json| vec![year(&["year=2018"], this.clone()), year(&["year=2017"], rows)];
    let both = [paid("2018-01", "2018-01-20"), paid("2017-12", "2018-01-09")];
    let with_november = json!([both[0], both[1], paid("2017-11", "2017-12-09")]);
    // Whatever number it has on either page.
    let november = row(2, "2017-11", "2017-12-09");
    let read = bills(before(json!([last(1), november]))).await;
    assert_eq!(read, rows(with_november.clone(), ""));
    // Two on one page are two, and both years have both.
    let twice = |first: u32| [last(first), last(first + 1)];
    let [a, b] = twice(1);
    let read = bills(vec![
        year(&["year=2018"], json!([a, b])),
        year(&["year=2017"], json!([twice(1)[0], twice(1)[1]])),
    ])
    .await;
    assert_eq!(read, rows(json!([both[1], both[1]]), "ignored_parameter `year`"));
    // Another amount is another row.
    let other = json!({ "no": 1, "m": "2017-12", "d": "2018-01-09", "a": 7 });
    let read = bills(before(json!([other]))).await.unwrap().0;
    assert_eq!(read.as_array().map(Vec::len), Some(3));
}

/// The same where the portal lists its years.
#[tokio::test]
async fn a_month_stands_in_two_of_the_years_that_a_portal_lists() {
    let list = "
    each: { item: { of: accounts, as: year } }
    steps: [{ get: bills, query: { year: \"{{ year }}\" } }]
    rows: { json: \"$.rows\", map: { m: payMonth, d: payArriveDate, a: inAmount } }
";
    let row = |month: &str, day: &str| json!({ "m": month, "d": day, "a": 5 });
    let last = row("2017-12", "2018-01-09");
    let routes = vec![
        year(&["year=2018"], json!([row("2018-01", "2018-01-20"), last])),
        year(&["year=2017"], json!([last, row("2017-11", "2017-12-09")])),
    ];
    let base = r#"{"xm":"张三","all":["2018","2017"]}"#;
    let read = read(Product::Fund, base, list, routes).await;
    let all = json!([
        paid("2018-01", "2018-01-20"),
        paid("2017-12", "2018-01-09"),
        paid("2017-11", "2017-12-09"),
    ]);
    assert_eq!(read, rows(all, ""));
}

#[tokio::test]
async fn years_are_gone_through_behind_those_of_the_file() {
    let row = |day: &str| json!([{ "m": &day[..7], "d": day, "a": 5 }]);
    let of = |with, day: &str| year(with, row(day));
    let longer = |oldest: Route| {
        vec![
            of(&["year=2018"], "2018-02-01"),
            of(&["year=2017"], "2017-02-01"),
            of(&["year=2016"], "2016-02-01"),
            oldest,
        ]
    };
    let all = json!([
        paid("2018-02", "2018-02-01"),
        paid("2017-02", "2017-02-01"),
        paid("2016-02", "2016-02-01"),
    ]);
    let proved = bills(longer(year(&["year=2015"], json!([])))).await;
    assert_eq!(proved, rows(all.clone(), ""));
    // A year that the portal does not give is no failure of those that it gave.
    let refused =
        Route { with: &["year=2015"], ..get("/app/bills", json!({ "msg": "查询失败" })) };
    assert_eq!(bills(longer(refused)).await, rows(all, ""));
    // Nothing was there in the oldest: nobody asks for older ones.
    let short = vec![of(&["year=2018"], "2018-02-01"), year(&["year=2017"], json!([]))];
    let read = bills(short).await;
    assert_eq!(read, rows(json!([paid("2018-02", "2018-02-01")]), ""));
}
