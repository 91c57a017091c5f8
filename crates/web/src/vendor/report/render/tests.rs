use fiveone_model::challenge::ChallengeKind;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::question::{AnswerShape, OpenQuestion, Picture, PictureRole, Question};
use fiveone_model::report::{Content, Kind, Loan, Record, Table, Value as Clean};
use fiveone_model::task::{CrawlProgress, Stage, TaskId};
use rust_decimal::Decimal;

use crate::vendor::drawn::Drawer;

use super::*;

fn task(view: &TaskView, product: Product, dialect: Dialect) -> Bytes {
    super::task(view, &Asked::default(), product, dialect)
}

/// 2017-10-01 12:00:00 in Shanghai.
const CRAWLED_AT: i64 = 1_506_830_400_000;

/// A record in which every field of its table has a value.
fn full(table: Table) -> Record {
    let mut record = Record::new(table);
    for field in table.fields() {
        let value = match field.kind {
            Kind::Text => Clean::Text(field.label.to_owned()),
            Kind::Money | Kind::MoneyText => Clean::Amount(Decimal::new(439_167, 2)),
            Kind::FundRatio | Kind::InsuranceRatio => Clean::Text("12.00".to_owned()),
            Kind::Count => Clean::Count(3),
            Kind::Date => Clean::Day(jiff::civil::date(2017, 7, 25)),
            Kind::Month => Clean::Month { year: 2017, month: 7 },
        };
        assert!(record.set(field.name, value), "{}", field.name);
    }
    record
}

/// Every section of a product with every field.
fn full_sections(product: Product) -> Vec<(Section, Content)> {
    let content = |section: Section| match section {
        Section::Base => Content::Record(full(section.table(product))),
        Section::Loans => Content::Loans(vec![Loan {
            detail: full(Table::LoanDetail),
            repayers: vec![full(Table::LoanRepayer)],
            repays: vec![full(Table::LoanRepay)],
            overdues: vec![full(Table::LoanOverdue)],
        }]),
        _ => Content::Rows(vec![full(section.table(product))]),
    };
    Section::of(product).iter().map(|section| (*section, content(*section))).collect()
}

fn view(stage: &Stage, sections: Vec<(Section, Content)>) -> TaskView {
    let progress = CrawlProgress::of_stored(sections.len());
    let fail = if let Stage::Done { missing } = stage { missing.clone() } else { Vec::new() };
    TaskView {
        tid: TaskId::from_random([0x9e; 16]),
        code: stage.code(progress),
        msg: stage.msg(progress),
        question: None,
        fail,
        crawled_at: (progress == CrawlProgress::SomeSections).then_some(CRAWLED_AT),
        sections,
        findings: None,
        is_final: stage.name().is_final(),
    }
}

fn text(data: &Bytes) -> String {
    String::from_utf8(data.to_vec()).expect("UTF-8")
}

/// Every leaf of a JSON value with its path.
fn leaves(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                leaves(&format!("{path}.{name}"), member, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().for_each(|item| leaves(&format!("{path}[]"), item, out));
        }
        leaf => out.push((path.to_owned(), leaf.to_string())),
    }
}

/// One line a field: its path, what the table dialect sends, and the example dialect where it
/// differs.
fn listing(product: Product) -> String {
    let stage = Stage::Done { missing: Vec::new() };
    let list = |dialect| {
        let data = task(&view(&stage, full_sections(product)), product, dialect);
        let json = serde_json::from_slice(&data).expect("JSON");
        let mut out = Vec::new();
        leaves("data", &json, &mut out);
        out
    };
    let both = list(Dialect::Table).into_iter().zip(list(Dialect::Example));
    let lines = both.map(|((path, table), (example_path, example))| {
        assert_eq!(path, example_path);
        let differs = if table == example { String::new() } else { format!(" | {example}") };
        format!("{path} = {table}{differs}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_field_of_the_fund_document_in_both_dialects() {
    insta::assert_snapshot!(listing(Product::Fund));
}

#[test]
fn every_field_of_the_insurance_document_in_both_dialects() {
    insta::assert_snapshot!(listing(Product::Insurance));
}

#[test]
fn every_stage_has_its_code_in_both_dialects() {
    let stages = [
        Stage::Queued,
        Stage::LoggingIn,
        Stage::Asking(ChallengeKind::Sms),
        Stage::Asking(ChallengeKind::Captcha),
        Stage::LoggedIn,
        Stage::Crawling,
        Stage::Storing,
        Stage::Done { missing: Vec::new() },
        Stage::Done { missing: vec![Section::Loans] },
        Stage::Failed(Failure::of(FailureKind::WrongCredentials)),
    ];
    let both = |stage| {
        [Dialect::Table, Dialect::Example]
            .map(|dialect| {
                let data = task(&view(stage, Vec::new()), Product::Fund, dialect);
                let json: Value = serde_json::from_slice(&data).expect("JSON");
                format!("{} {}", json["code"], json["msg"])
            })
            .join(" | ")
    };
    insta::assert_snapshot!(stages.iter().map(both).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_stored_section_is_in_the_answer_while_others_are_read() {
    let sections = vec![(Section::Bills, Content::Rows(Vec::new()))];
    insta::assert_snapshot!(
        text(&task(&view(&Stage::Crawling, sections), Product::Fund, Dialect::Table)),
        @r#"{"code":"20005","msg":"阶段性爬取成功","tid":"9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e","createTime":"2017-10-01 12:00:00","billInfos":[]}"#
    );
}

#[test]
fn p_43_a_tid_that_shows_no_task_has_a_code_in_data() {
    let all = [Verdict::Missing, Verdict::Unknown, Verdict::NotYours, Verdict::Fault];
    let both = all.map(|one| {
        let [table, example] = [Dialect::Table, Dialect::Example].map(|d| text(&verdict(one, d)));
        format!("{table} | {example}")
    });
    insta::assert_snapshot!(both.join("\n"), @r#"
    {"code":"-2","msg":"参数错误：缺少参数 tid"} | {"code":-2,"msg":"参数错误：缺少参数 tid"}
    {"code":"-2","msg":"参数错误：tid 不存在"} | {"code":-2,"msg":"参数错误：tid 不存在"}
    {"code":"-9","msg":"权限认证失败"} | {"code":-9,"msg":"权限认证失败"}
    {"code":"-1","msg":"接口异常"} | {"code":-1,"msg":"接口异常"}
    "#);
}

#[test]
fn p_44_an_empty_section_is_empty_and_a_failed_one_is_named_in_fail() {
    let stage = Stage::Done { missing: vec![Section::Loans] };
    let sections = vec![
        (Section::Base, Content::Record(Record::new(Table::FundBase))),
        (Section::Bills, Content::Rows(Vec::new())),
    ];
    insta::assert_snapshot!(
        text(&task(&view(&stage, sections), Product::Fund, Dialect::Example)),
        @r#"{"code":40002,"msg":"爬取结束,部分数据缺失：贷款信息","tid":"9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e","fail":["loanInfos"],"createTime":"2017-10-01 12:00:00","baseInfo":{},"billInfos":[]}"#
    );
}

#[test]
fn p_47_findings_stand_behind_the_sections_for_apps_that_want_them() {
    use fiveone_model::finding::{Finding, FindingKind};
    let sections = || {
        vec![
            (Section::Base, Content::Record(Record::new(Table::FundBase))),
            (Section::Bills, Content::Rows(Vec::new())),
        ]
    };
    let stage = Stage::Done { missing: vec![Section::Loans] };
    let odd = vec![
        Finding::of_field(FindingKind::Absent, "bindMobile").with_key("手机号码"),
        Finding::of_key(FindingKind::Unmapped, "备注").with_detail("text"),
    ];
    let with = |findings, dialect| {
        let view = TaskView { findings, ..view(&stage, sections()) };
        text(&task(&view, Product::Fund, dialect))
    };
    let both = vec![(Section::Base, odd), (Section::Bills, Vec::new())];
    insta::assert_snapshot!(
        with(Some(both.clone()), Dialect::Table),
        @r#"{"code":"40002","msg":"爬取结束,部分数据缺失：贷款信息","tid":"9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e","fail":["loanInfos"],"createTime":"2017-10-01 12:00:00","baseInfo":{},"billInfos":[],"findings":[{"section":"baseInfo","kind":"absent","field":"bindMobile","key":"手机号码"},{"section":"baseInfo","kind":"unmapped","key":"备注","detail":"text"}]}"#
    );
    for dialect in [Dialect::Table, Dialect::Example] {
        let without = with(None, dialect);
        assert!(!without.contains("finding"), "{without}");
        let open = without.strip_suffix('}').expect("an object");
        let none = with(Some(Vec::new()), dialect);
        assert_eq!(none, format!(r#"{open},"findings":[]}}"#), "nothing else changes");
        assert!(with(Some(both.clone()), dialect).starts_with(open), "nothing else changes");
    }
}

#[test]
fn p_44_pay_base_is_0_where_the_portal_has_none() {
    let mut with = Record::new(Table::FundBill);
    assert!(with.set("payBase", Clean::Amount(Decimal::new(439_167, 2))));
    let rows = Content::Rows(vec![with, Record::new(Table::FundBill)]);
    let stage = Stage::Done { missing: Vec::new() };
    for dialect in [Dialect::Table, Dialect::Example] {
        let view = view(&stage, vec![(Section::Bills, rows.clone())]);
        let data: Value =
            serde_json::from_slice(&task(&view, Product::Fund, dialect)).expect("JSON");
        assert_eq!(data["billInfos"], json!([{ "payBase": 4391.67 }, { "payBase": 0 }]));
    }
}

#[test]
fn p_45_a_date_is_a_day_where_the_portal_tells_days_and_else_a_month() {
    let july = || Clean::Month { year: 2017, month: 7 };
    let first = || Clean::Day(jiff::civil::date(2017, 7, 1));
    let base = |table, dates: &[(&str, Clean)]| {
        let mut record = Record::new(table);
        for (name, date) in dates {
            assert!(record.set(name, date.clone()), "{name}");
        }
        Content::Record(record)
    };
    let insurance = [("birthday", first()), ("firstInsuredDate", july()), ("lastPayDate", first())];
    let insurance = base(Table::InsuranceBase, &insurance).render(Dialect::Table);
    assert_eq!(
        insurance,
        json!({ "birthday": "2017-07-01", "firstInsuredDate": "2017-07", "lastPayDate": "2017-07-01" })
    );
    let fund = base(Table::FundBase, &[("birthday", july())]).render(Dialect::Example);
    assert_eq!(fund, json!({ "birthday": "2017-07" }));
}

#[test]
fn p_44_insurance_base_info_repeats_the_tid() {
    let sections = vec![(Section::Base, Content::Record(Record::new(Table::InsuranceBase)))];
    let stage = Stage::Done { missing: Vec::new() };
    insta::assert_snapshot!(
        text(&task(&view(&stage, sections), Product::Insurance, Dialect::Table)),
        @r#"{"code":"40001","msg":"爬取结束","tid":"9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e","fail":[],"createTime":"2017-10-01 12:00:00","baseInfo":{"tid":"9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e"}}"#
    );
}

#[tokio::test]
async fn the_captcha_is_one_line_of_padded_base64() {
    let (role, data) = (PictureRole::Captcha, vec![0xff; 100]);
    let question = Question::captcha(Picture { role, width: 10, height: 10, data });
    let open = OpenQuestion { id: 1, attempt: 1, due_at: 0, question };
    let mut asking = view(&Stage::Asking(ChallengeKind::Captcha), Vec::new());
    let picture = Drawer::new().draw(&asking.tid, &open).await;
    asking.question = Some(open);
    let asked = Asked { picture, is_data: false };
    let data = super::task(&asking, &asked, Product::Fund, Dialect::Table);
    let json: Value = serde_json::from_slice(&data).expect("JSON");
    let encoded = json["base64_image_bytes"].as_str().expect("a string");
    assert_eq!((encoded.len(), &encoded[130..]), (136, "///w=="));
    assert!(!encoded.contains(['\n', '\r', ',', ':']));
}

#[test]
fn p_53_a_question_is_data_for_apps_that_have_it_switched_on() {
    let picture = |role| Picture { role, width: 310, height: 155, data: vec![0; 3] };
    let question = Question {
        prompt: "向右拖动".to_owned(),
        pictures: vec![picture(PictureRole::Background), picture(PictureRole::Piece)],
        piece_y: Some(12),
        ..Question::new(ChallengeKind::Slide, AnswerShape::X { max: 263 })
    };
    let mut asking = view(&Stage::Asking(ChallengeKind::Slide), Vec::new());
    asking.question = Some(OpenQuestion { id: 2, attempt: 1, due_at: 1_506_830_400_000, question });
    let of = |is_data| {
        let asked = Asked { is_data, picture: Some("AAAA".into()) };
        text(&super::task(&asking, &asked, Product::Fund, Dialect::Table))
    };
    insta::assert_snapshot!(of(true), @r#"{"code":"10004","msg":"登录中，等待用户输入图片码","tid":"9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e","base64_image_bytes":"AAAA","challenge":{"id":2,"kind":"slide","prompt":"向右拖动","due_at":1506830400000,"attempt":1,"pictures":[{"role":"background","width":310,"height":155,"data":"AAAA"},{"role":"piece","width":310,"height":155,"data":"AAAA"}],"piece_y":12,"answer":{"type":"x","max":263}}}"#);
    let without = of(false);
    assert!(of(true).starts_with(&without[..without.len() - 1]), "nothing else changes");
}

#[test]
fn the_key_of_the_picture_is_there_for_an_sms_too() {
    insta::assert_snapshot!(
        text(&task(&view(&Stage::Asking(ChallengeKind::Sms), Vec::new()), Product::Fund, Dialect::Table)),
        @r#"{"code":"10003","msg":"登录中，等待用户输入短信","tid":"9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e","base64_image_bytes":""}"#
    );
}
