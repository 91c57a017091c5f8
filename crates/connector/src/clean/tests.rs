use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn show(cleaned: &Cleaned) -> String {
    match cleaned {
        Cleaned::Value(Value::Text(text)) => text.clone(),
        Cleaned::Value(Value::Amount(amount)) => amount.to_string(),
        Cleaned::Value(Value::Count(count)) => count.to_string(),
        Cleaned::Value(Value::Day(day)) => day.to_string(),
        Cleaned::Value(Value::Month { year, month }) => format!("{year:04}-{month:02}"),
        Cleaned::Nothing => "nothing".to_owned(),
        Cleaned::Impossible => "impossible".to_owned(),
        Cleaned::Refused => "refused".to_owned(),
    }
}

fn check(kind: Kind, cases: &[(&str, &str)]) {
    for (text, expect) in cases {
        assert_eq!(show(&clean(kind, text, None)), *expect, "{kind:?} {text:?}");
    }
}

#[test]
fn money_drops_what_is_written_around_it() {
    check(
        Kind::Money,
        &[
            ("1234.50", "1234.50"),
            ("￥1,234.50元", "1234.50"),
            ("１２３４．５０", "1234.50"),
            ("1,234,567.8", "1234567.8"),
            ("123,4567.80", "1234567.80"),
            ("1 234.00", "refused"),
            ("100.00 200.00", "refused"),
            ("1,23", "refused"),
            ("1,234,50", "refused"),
            ("－1,234.50", "-1234.50"),
            ("−5", "-5"),
            ("—5.00", "-5.00"),
            ("¥ -5.00", "-5.00"),
            ("-￥5.00", "-5.00"),
            ("5.00-", "-5.00"),
            ("--5", "refused"),
            ("1.2万元", "refused"),
            (".5", "0.5"),
            ("-.50", "-0.50"),
            ("-0.00", "0.00"),
            ("1.234567E7", "12345670"),
            ("0", "0"),
            ("", "nothing"),
            ("null", "nothing"),
            ("--", "nothing"),
            ("无", "nothing"),
            ("\u{a0}", "nothing"),
            ("12.3%", "refused"),
            ("(12.30)", "-12.30"),
            ("（12.30）", "-12.30"),
            ("张三", "refused"),
            ("2018-01-31", "refused"),
            ("1.2.3", "refused"),
            ("1-2", "refused"),
            ("0x10", "refused"),
            ("e5", "refused"),
        ],
    );
}

#[test]
fn ratios_are_percent_with_two_places() {
    let all = [
        ("12", "12.00"),
        ("12%", "12.00"),
        ("12 ％", "12.00"),
        ("12.00", "12.00"),
        ("0", "0.00"),
        ("0.5%", "0.50"),
        ("5.5", "5.50"),
        ("120", "refused"),
        ("-5", "refused"),
        ("正常", "refused"),
        ("", "nothing"),
    ];
    check(Kind::FundRatio, &all);
    check(Kind::InsuranceRatio, &all);
    check(
        Kind::FundRatio,
        &[("0.12", "12.00"), ("0.05", "5.00"), (".08", "8.00"), ("0.6", "refused")],
    );
    // 0.2 may be a fifth of the wage for pensions, or a five-hundredth for injuries.
    let of_insurance = [
        ("0.08", "8.00"),
        ("0.005", "0.50"),
        ("0.5", "0.50"),
        ("0.2", "refused"),
        ("0.16", "refused"),
    ];
    check(Kind::InsuranceRatio, &of_insurance);
}

#[test]
fn a_mobile_number_is_no_day() {
    check(Kind::Date, &[("13800138000", "refused"), ("10000000000", "1970-04-27")]);
    // Where the file says that they are milliseconds, they are; other writings stay.
    for (text, expect) in [
        ("13800138000", Some(date(1970, 6, 10))),
        ("631123200000", Some(date(1990, 1, 1))),
        ("-315648000000", Some(date(1960, 1, 1))),
        // So few are seconds.
        ("1517328000", Some(date(2018, 1, 31))),
        ("2018-01-31", Some(date(2018, 1, 31))),
        ("20180131", Some(date(2018, 1, 31))),
        ("张三", None),
    ] {
        let cleaned = clean(Kind::Date, text, Some("ms"));
        assert_eq!(
            cleaned,
            expect.map_or(Cleaned::Refused, |day| Cleaned::Value(Value::Day(day))),
            "{text}"
        );
    }
}

#[test]
fn dates_of_every_sheet_are_read() {
    check(
        Kind::Date,
        &[
            ("2018-01-31", "2018-01-31"),
            ("2018/1/31", "2018-01-31"),
            ("2018.01.31", "2018-01-31"),
            ("20180131", "2018-01-31"),
            ("2018年1月31日", "2018-01-31"),
            ("2018-01-31 00:00:00", "2018-01-31"),
            ("2018-01-31 00:00:00.0", "2018-01-31"),
            ("2018-01-31T08:00:00.000+0800", "2018-01-31"),
            ("2018-01-30T16:00:00Z", "2018-01-31"),
            ("20180131235959", "2018-01-31"),
            ("Jan 31, 2018", "2018-01-31"),
            ("Jan 31, 2018 12:00:00 AM", "2018-01-31"),
            ("Wed Jan 31 00:00:00 CST 2018", "2018-01-31"),
            ("1517328000000", "2018-01-31"),
            ("/Date(1517328000000)/", "2018-01-31"),
            ("/Date(1517328000000+0800)/", "2018-01-31"),
            ("-315648000000", "1960-01-01"),
            ("201801", "2018-01"),
            ("2018-01", "2018-01"),
            ("2018.1", "2018-01"),
            ("2018年01月", "2018-01"),
            ("1899-12-31", "nothing"),
            ("189912", "nothing"),
            ("0001-01-01", "nothing"),
            ("1900-01-01", "nothing"),
            ("00000000", "nothing"),
            ("0", "nothing"),
            ("无", "nothing"),
            ("2018年01 月 31 日", "2018-01-31"),
            ("2018年01月份", "2018-01"),
            ("２０１８－０１－３１", "2018-01-31"),
            ("2018—01—31", "2018-01-31"),
            ("2018/1/31 星期三 0:00:00", "2018-01-31"),
            ("2018-01-31 上午 09:00:00", "2018-01-31"),
            ("2018-01-30T16:00:00.000+0000", "2018-01-31"),
            ("2018-01-31T00:00:00+08:00[Asia/Shanghai]", "2018-01-31"),
            ("1988-06-30T15:00:00.000+00:00", "1988-07-01"),
            ("Tue Jan 30 16:00:00 UTC 2018", "2018-01-31"),
            ("Tue Jan 30 16:00:00 PST 2018", "refused"),
            ("Jan 31, 2018, 12:00:00 AM", "2018-01-31"),
            ("1517328000", "2018-01-31"),
            ("-1104566400000", "1935-01-01"),
            ("{\"year\":118,\"time\":1517328000000}", "2018-01-31"),
            ("2017-07-01至2017-07-31", "refused"),
            ("17-07-01", "refused"),
            ("42917", "refused"),
            ("20180231", "impossible"),
            ("2018-13-01", "impossible"),
            ("201813", "impossible"),
            ("2018", "refused"),
            ("张三", "refused"),
            ("123.45", "refused"),
            ("2018-2019", "refused"),
        ],
    );
}

#[test]
fn months_cut_days_and_texts_stay() {
    check(
        Kind::Month,
        &[("2018-01-31", "2018-01"), ("201801", "2018-01"), ("20180231", "impossible")],
    );
    check(
        Kind::Text,
        &[(" 张\u{a0}三 ", "张 三"), ("无", "nothing"), ("null", "nothing"), ("-", "nothing")],
    );
    check(Kind::Count, &[("3期", "3"), ("3.0", "3"), ("3.5", "refused"), ("", "nothing")]);
    let told = clean(Kind::Date, "01/02/2018", Some("MM/dd/yyyy"));
    assert_eq!(told, Cleaned::Value(Value::Day(date(2018, 1, 2))));
}

proptest! {
    #[test]
    fn cleaning_never_panics_and_fits_its_kind(text in "\\PC{0,24}") {
        for kind in [Kind::Text, Kind::Money, Kind::MoneyText, Kind::Count, Kind::Date, Kind::Month, Kind::FundRatio] {
            if let Cleaned::Value(value) = clean(kind, &text, None) {
                prop_assert!(value.fits(kind));
            }
        }
    }

    #[test]
    fn digits_and_marks_never_panic(text in "[0-9０-９/.:年月日T,eE+\\- ]{0,24}") {
        for kind in [Kind::Money, Kind::Count, Kind::Date, Kind::Month, Kind::FundRatio] {
            let _ = clean(kind, &text, None);
        }
    }
}

#[test]
fn a_text_is_what_is_written_there_and_not_how_it_was_shown() {
    check(
        Kind::Text,
        &[
            ("暂无", "nothing"),
            ("未知", "nothing"),
            ("无锡市甲公司", "无锡市甲公司"),
            ("华联商厦A&amp;B店", "华联商厦A&amp;B店"),
            ("甲&乙;丙", "甲&乙;丙"),
            ("A&B店", "A&B店"),
            ("&nbsp;", "nothing"),
            ("<font color='red'>欧阳子涵</font>", "欧阳子涵"),
            ("5 < 6", "5 < 6"),
            ("O<hua>B", "O<hua>B"),
            ("甲<br/>乙", "甲 乙"),
            ("中国石油天然...", "refused"),
            ("中国石油天然…", "refused"),
            ("甲公司.", "甲公司."),
        ],
    );
    check(Kind::Money, &[("1,234.50&nbsp;", "1234.50"), ("<b>5.00</b>", "5.00")]);
}
