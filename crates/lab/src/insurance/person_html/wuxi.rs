//! The pages of 无锡: a list of labels beside a list of values, and one `dl` a column.
//!
//! Base: 个人编码 personalNo, 姓名, 公民身份号码, 性别, 出生日期, 民族, 参加工作日期, 单位名称, 户口性质, 联系电话, 缴费状态,
//! 联系地址 residenceAddress, 邮政编码 residenceZipcode. Medical is a yearly account: 年度 describe, 本年划入 amount.

use std::fmt::Write as _;

use super::started;
use crate::behaviour::Behaviour;
use crate::html;
use crate::insurance::history::{Kind, Record};
use crate::money::{Cents, grouped};
use crate::people::Person;
use crate::session::Session;
use crate::visit::{Page, Visit};

const YEARS_A_PAGE: usize = 5;

pub(super) fn base(session: &Session, person: &Person, record: &Record) -> Page {
    let pairs: [(&str, String); 13] = [
        ("个人编码", person.employee_no.clone()),
        ("姓　　名", html::escape(&person.name)),
        ("公民身份号码", person.id_card.clone()),
        ("性　　别", person.sex().into()),
        ("出生日期", person.birth.dashed()),
        ("民　　族", person.nation.into()),
        ("参加工作日期", started(record)),
        ("单位名称", html::escape(&record.company)),
        ("户口性质", "非农业户口".into()),
        ("联系电话", person.mobile.clone()),
        ("缴费状态", record.state.into()),
        ("联系地址", person.address.clone().unwrap_or_else(|| "null".into())),
        ("邮政编码", person.zipcode.clone()),
    ];
    let is_changed = session.is(Behaviour::Changed);
    let (mut labels, mut values) = (String::new(), String::new());
    for (place, (label, value)) in pairs.iter().enumerate() {
        let _ = if is_changed {
            write!(labels, "<li>字段{place}</li>")
        } else {
            write!(labels, "<li>{label}：</li>")
        };
        let _ = write!(values, "<li>{value}</li>");
    }
    let body = format!(
        "<div class=\"info\"><ul class=\"left\">{labels}</ul>\r\n<ul class=\"right\">{values}</ul></div>"
    );
    Page::html(html::page("个人基本信息", "UTF-8", &body)).data(&["baseInfo"])
}

/// One `dl` a column: the title in `dt`, then a `dd` a row.
fn columns(class: &str, columns: &[(&str, Vec<String>)]) -> String {
    let mut list = format!("<div class=\"{class}\">");
    for (title, cells) in columns {
        let _ = write!(list, "<dl><dt>{title}</dt>");
        for cell in cells {
            let _ = write!(list, "<dd>{cell}</dd>");
        }
        list.push_str("</dl>\r\n");
    }
    list + "</div>"
}

/// The list of insurances a person is in; no section of the document stands for it.
pub(super) fn insured(visit: &Visit<'_>, person: &Person, record: &Record) -> Page {
    let class = "listinfo";
    let body = if visit.number("pageNo").unwrap_or(1) > 1 {
        columns(class, &[])
    } else {
        let each = |value: fn(Kind) -> String| Kind::ALL.map(value).to_vec();
        columns(
            class,
            &[
                ("个人编码", vec![person.employee_no.clone(); 5]),
                ("险种类型", each(|kind| kind.word().into())),
                ("参保状态", vec![record.state.into(); 5]),
                ("首次参保年月", vec![record.first_insured.dashed(); 5]),
            ],
        )
    };
    Page::html(html::page("参保信息", "UTF-8", &body))
}

/// What went into the medical account in each year, oldest first.
pub(super) fn years(record: &Record) -> Vec<(i16, Cents)> {
    let mut years: Vec<(i16, Cents)> = Vec::new();
    for pay in record.rows(Kind::Medical) {
        let cents = pay.own + pay.unit / 4;
        match years.last_mut() {
            Some(last) if last.0 == pay.month.year => last.1 += cents,
            _ => years.push((pay.month.year, cents)),
        }
    }
    years
}

pub(super) fn medical(visit: &Visit<'_>, session: &Session, record: &Record) -> Page {
    let page = visit.number("pageNo").unwrap_or(1).max(1);
    let years = years(record);
    let shown: Vec<_> = years
        .iter()
        .enumerate()
        .skip((page - 1).saturating_mul(YEARS_A_PAGE))
        .take(YEARS_A_PAGE)
        .collect();
    let before = |place: usize| years[..place].iter().map(|year| year.1).sum::<Cents>();
    let column = |cell: &dyn Fn(usize, (i16, Cents)) -> String| {
        shown.iter().map(|(place, year)| cell(*place, **year)).collect::<Vec<_>>()
    };
    let is_changed = session.is(Behaviour::ChangedRows);
    let title = |title: &'static str, other: &'static str| if is_changed { other } else { title };
    let class = if is_changed { "grid2" } else { "listinfo" };
    let body = if shown.is_empty() {
        columns(class, &[])
    } else {
        columns(
            class,
            &[
                (title("年度", "栏一"), column(&|_, year| year.0.to_string())),
                (title("上年结转", "栏二"), column(&|place, _| grouped(before(place)))),
                (title("本年划入", "栏三"), column(&|_, year| grouped(year.1))),
                (title("本年支出", "栏四"), column(&|_, _| "0.00".into())),
                (title("账户余额", "栏五"), column(&|place, year| grouped(before(place) + year.1))),
            ],
        )
    };
    Page::html(html::page("医疗账户信息", "UTF-8", &body)).data(&["medicalInsuranceInfos"])
}
