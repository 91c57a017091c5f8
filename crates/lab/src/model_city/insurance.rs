//! The model city's social insurance: a label table and five lists in JSON pages.

use serde_json::{Value, json};

use super::sheet::{self, Line, Shown};
use super::{list, shaped};
use crate::behaviour::Behaviour;
use crate::city::City;
use crate::facts::{Facts, Sections, sections};
use crate::html;
use crate::insurance::history::{Kind, Pay, Record};
use crate::money::plain;
use crate::people::{Person, Quirk, World};
use crate::session::Session;
use crate::visit::{Page, Visit};

/// Answers a request of somebody who is logged in.
pub(crate) fn answer(visit: &Visit<'_>, session: &Session, person: &Person, path: &str) -> Page {
    let record = visit.world().insured(visit.city, person, session.is(Behaviour::Empty));
    match path {
        "base" => {
            let lines = base(visit.city, person, &record);
            let table = sheet::label_table("base", &lines, session.is(Behaviour::Changed));
            Page::html(html::page("个人参保信息", "UTF-8", &table)).data(&["baseInfo"])
        }
        "pays.json" => {
            let (kind, section): (_, &'static [&'static str]) = match visit.query.get("kind") {
                "pension" => (Kind::Pension, &["oldageInsuranceInfos"]),
                "medical" => (Kind::Medical, &["medicalInsuranceInfos"]),
                "birth" => (Kind::Birth, &["birthInsuranceInfos"]),
                "injury" => (Kind::Injury, &["injuryInsuranceInfos"]),
                "unemployment" => (Kind::Unemployment, &["unemployInsuranceInfos"]),
                _ => return Page::json(&json!({"code": "NO_KIND", "message": "险种不存在"})),
            };
            let is_changed = session.is(Behaviour::ChangedRows);
            let rows =
                record.rows(kind).iter().map(|pay| shaped(is_changed, row(kind, pay))).collect();
            Page::json(&list(visit, is_changed, rows)).data(section)
        }
        _ => Page::missing(),
    }
}

/// `8%`, `0.8%`: a rate in thousandths as portals print it.
fn rate(thousandths: i64) -> String {
    if thousandths % 10 == 0 {
        return format!("{}%", thousandths / 10);
    }
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

fn row(kind: Kind, pay: &Pay) -> Value {
    let (unit_rate, person_rate) = kind.rates();
    json!({
        "month": pay.month.compact(),
        "date": pay.day.dashed(),
        "company": pay.company,
        "base": plain(pay.base),
        "unit": plain(pay.unit),
        "person": plain(pay.own),
        "unit_rate": rate(unit_rate),
        "person_rate": rate(person_rate),
        "amount": plain(pay.unit + pay.own),
        "state": pay.state,
        "remark": pay.describe,
    })
}

fn base(city: &City, person: &Person, record: &Record) -> Vec<Line> {
    use Shown::{Day, Money, MoneyText, Month};
    let text = Shown::text;
    let address = || Shown::Text(person.address.clone().unwrap_or_default());
    let home = Shown::Text(format!("{}示例区", city.name));
    let first = Month(Some(record.first_insured));
    let is_retired = person.quirk == Quirk::Suspended;
    let retired = is_retired.then(|| record.first_insured.on(15));
    let medical = record.rows(Kind::Medical).iter().map(|pay| pay.own).sum();
    let register = Shown::Text(format!("99SB{}", record.company_no));
    let credit = Shown::Text(format!("9199{}00000X", record.company_no));
    vec![
        ("姓名", "name", text(&person.name)),
        ("性别", "sex", text(person.sex())),
        ("身份证号", "idcard", text(&person.id_card)),
        ("出生日期", "birthday", Day(Some(person.birth))),
        ("民族", "nation", text(person.nation)),
        ("国籍", "country", text("中国")),
        ("证件类型", "papersType", text("居民身份证")),
        ("证件号码", "papersNum", text(&person.id_card)),
        ("社会保障号码", "socialSecurityNo", Shown::Text(format!("SB{}", person.id_card))),
        ("个人编号", "personalNo", text(&person.employee_no)),
        ("个人身份", "identityType", text("工人")),
        ("参加工作日期", "workDate", Day(record.work_start)),
        ("户口性质", "hukouType", text("非农业户口")),
        ("户口所在地", "hukouAddress", home),
        ("户口邮编", "hukouZipcode", text(&person.zipcode)),
        ("居住地址", "residenceAddress", address()),
        ("居住地邮编", "residenceZipcode", text(&person.zipcode)),
        ("对账单地址", "mailStatementAddress", address()),
        ("对账单邮编", "statementZipcode", text(&person.zipcode)),
        ("对账单方式", "statementType", text("网上查询")),
        ("电子邮箱", "mail", text(&person.email)),
        ("文化程度", "education", text("大学本科")),
        ("联系电话", "selePhone", text(&person.mobile)),
        ("月均工资", "salary", Money(record.base)),
        ("代发银行", "bankName", text(person.bank.unwrap_or(""))),
        ("代发账号", "bankNum", text(&person.bank_card)),
        ("缴费人员类别", "payPersonType", text("本地城镇职工")),
        ("医疗参保人员类别", "insurePersonType", text("在职职工")),
        ("离退休类别", "dimissionRetireType", text(if is_retired { "退休" } else { "未退休" })),
        ("离退休日期", "dimissionRetireDate", Day(retired)),
        ("首次参保年月", "firstInsuredDate", first),
        ("最后缴费年月", "lastPayDate", Month(record.last_month())),
        ("缴费状态", "payStatus", text(record.state)),
        ("养老参保状态", "endowmentStatus", text(record.state)),
        ("医疗参保状态", "medicalStatus", text(record.state)),
        ("生育参保状态", "maternityStatus", text(record.state)),
        ("工伤参保状态", "industrialStatus", text(record.state)),
        ("失业参保状态", "unemploymentStatus", text(record.state)),
        ("医疗账户余额", "medicalBankBalance", MoneyText(medical)),
        ("照片地址", "imgUrl", Shown::Text(format!("/photo/{}.jpg", person.employee_no))),
        ("单位名称", "company", text(&record.company)),
        ("组织机构代码", "organizeCode", text(&record.company_no)),
        ("社会保险登记证编号", "socialInsuranceNum", register),
        ("统一社会信用代码", "unifiedSocialCreditCode", credit),
        ("单位类型", "companyType", text("企业")),
        ("单位地址", "areaCounty", Shown::Text(format!("{}示例路1号", city.name))),
    ]
}

/// The tables of the notes page.
pub(crate) fn notes() -> String {
    let Some(city) = City::find("insurance", "990000") else { return String::new() };
    let world = World { seed: 51, today: jiff::civil::date(2017, 12, 7), vary: None };
    let person = world.person(city, 0);
    let lines = base(city, &person, &world.insured(city, &person, false));
    sheet::notes_table("`GET base`, `table#base` → `baseInfo`", &lines)
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let record = world.insured(city, person, is_empty);
    let base = sheet::facts(&base(city, person, &record));
    let lists = Kind::ALL.map(|kind| {
        let rows = record.rows(kind).iter().map(|pay| row_truth(kind, pay)).collect();
        (kind.section(), rows)
    });
    sections(base, lists.into())
}

fn row_truth(kind: Kind, pay: &Pay) -> Value {
    let (unit_rate, person_rate) = kind.rates();
    Facts::default()
        .month("payMonthly", pay.month)
        .day("payDate", pay.day)
        .text("company", &pay.company)
        .money_text("salary", pay.base)
        .money("payCompany", pay.unit)
        .money("payPerson", pay.own)
        .text("payCompanyScale", rate(unit_rate))
        .text("payPersonScale", rate(person_rate))
        .money("amount", pay.unit + pay.own)
        .text("status", pay.state)
        .text("describe", pay.describe)
        .value()
}
