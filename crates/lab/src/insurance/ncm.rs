//! The ncm portals, as 湛江 runs it: one address for all data, asked and answered in JSON with Chinese
//! names for models (`ncm_gt_…`) and lists (`ncm_glt_…`); flag 1 is right.

use serde_json::{Map, Value, json};

use super::history::{Kind, Pay, Record};
use crate::behaviour::Behaviour;
use crate::city::{City, Pictures};
use crate::facts::{Sections, sections};
use crate::family::Family;
use crate::html;
use crate::lines::Arranging;
use crate::login::{Attempt, Words, sign_in};
use crate::notation::Notation;
use crate::people::{Person, World};
use crate::session::Session;
use crate::shown::{Fact, Shown, aside, fact, text, told};
use crate::visit::{Page, Visit};
use crate::window;

const ROWS_MAX: usize = 1_000;

/// The portals of this family.
pub(crate) static FAMILY: Family = Family::new("ncm", answer, truth);

/// Answers one request.
pub(crate) fn answer(visit: &Visit<'_>, session: &mut Session) -> Page {
    match visit.path.rsplit('/').next().unwrap_or("") {
        "" | "index.html" => entry(visit),
        "ImageCheck.jpg" => visit.picture(session),
        "ajaxlogin.do" if visit.is_post() => login(visit, session),
        "ajax.do" => data(visit, session),
        _ => Page::missing(),
    }
}

fn entry(visit: &Visit<'_>) -> Page {
    let code = if visit.pictures() == Pictures::None {
        ""
    } else {
        "<input name=\"IMAGCHECK\"/><img id=\"authImg\" src=\"ImageCheck.jpg\"/>"
    };
    let body = format!(
        "<form id=\"loginForm\" action=\"ajaxlogin.do\" method=\"post\"><input name=\"LOGINID\"/>\
         <input type=\"password\" name=\"PASSWORD1\"/>{code}\
         <input type=\"hidden\" name=\"OPERTYPE2\" value=\"3\"/></form>"
    );
    Page::html(html::page("公共服务网上办事大厅", "UTF-8", &body))
}

fn login(visit: &Visit<'_>, session: &mut Session) -> Page {
    let attempt = Attempt {
        person: visit.world().by_any(visit.city, visit.field("LOGINID")),
        behaviour: Some(Behaviour::of(visit.field("PASSWORD1"))),
        code: Some(visit.field("IMAGCHECK")),
        is_forced: false,
    };
    let answer =
        |flag: &str, message: &str| Page::json(&json!({"flag": flag, "message": message})).login();
    match sign_in(visit, session, &attempt) {
        Ok(()) => answer("1", "登录成功"),
        Err(refusal) => Words::KNOWN.refuse(visit, refusal, |words| answer("0", words)),
    }
}

fn refused(message: &str) -> Page {
    Page::json(&json!({"flag": "0", "message": message, "datas": {}}))
}

fn data(visit: &Visit<'_>, session: &Session) -> Page {
    let Some(person) = visit.person(session) else {
        return refused("您没有登录或者连结超时，请重新登录");
    };
    let Ok(asked) = serde_json::from_str::<Value>(visit.field("params")) else {
        return refused("查询异常");
    };
    let condition = &asked["datas"]["ncm_gt_查询条件"]["params"];
    if condition["证件号码"] != person.id_card.as_str() {
        return refused("没有找到符合条件的个人用户信息");
    }
    let record = visit.world().insured(visit.city, &person, session.is(Behaviour::Empty));
    match asked["oper"].as_str() {
        Some("JbgrxxcxAction.query") => base(visit, session, &person, &record),
        Some("ZbgrjfqkcxAction.query") => rows(visit, session, &record, &asked["datas"]),
        _ => refused("查询异常"),
    }
}

fn base_facts(person: &Person, record: &Record) -> Vec<Fact> {
    vec![
        fact("证件号码", "idcard", text(&person.id_card)).essential(),
        fact("姓名", "name", text(&person.name)).essential(),
        fact("性别", "sex", text(person.sex())),
        fact("出生日期", "birthday", Shown::Day(Some(person.birth))),
        fact("单位名称", "company", text(&record.company)),
        aside("单位编号", text(&record.company_no)),
        fact("个人顺序号", "personalNo", text(&person.employee_no)),
        fact("个人参保状态", "payStatus", text(record.state)),
        fact("家庭户地址", "hukouAddress", Shown::Maybe(person.address.clone())).open(),
    ]
}

fn base(visit: &Visit<'_>, session: &Session, person: &Person, record: &Record) -> Page {
    let is_changed = session.is(Behaviour::Changed);
    let notation = Notation::json(&visit.vary);
    let arranging = Arranging { vary: &visit.vary, notation, is_changed };
    let params = arranging.object(&base_facts(person, record));
    Page::json(&json!({
        "flag": "1",
        "message": "",
        "datas": {"ncm_gt_个人基本资料": {"params": params}},
    }))
    .data(&["baseInfo"])
}

fn kind_of(code: &str) -> Option<Kind> {
    Some(match code {
        "10" => Kind::Pension,
        "20" => Kind::Injury,
        "30" => Kind::Birth,
        "40" => Kind::Unemployment,
        "50" => Kind::Medical,
        _ => return None,
    })
}

fn row_facts(pay: &Pay) -> Vec<Fact> {
    vec![
        fact("缴费年月", "payMonthly", Shown::Month(Some(pay.month))).essential(),
        aside("审核年月", Shown::Month(Some(pay.month))),
        fact("应缴类型", "describe", text(pay.describe)).open(),
        fact("缴费基数", "salary", Shown::MoneyText(pay.base)),
        fact("单位缴费金额", "payCompany", Shown::Money(pay.unit)).essential(),
        fact("个人缴费金额", "payPerson", Shown::Money(pay.own)).essential(),
        aside("划入账户金额", Shown::Money(pay.own)),
        aside("划入统筹金额", Shown::Money(pay.unit)),
    ]
}

fn rows(visit: &Visit<'_>, session: &Session, record: &Record, datas: &Value) -> Page {
    let code = &datas["ncm_gt_查询条件"]["params"]["险种类型"];
    let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
    let Some(kind) = kind_of(&code) else { return refused("险种类型不正确") };
    let vary = &visit.vary;
    let list = &datas["ncm_glt_个人已缴历史明细"]["params"];
    let number = |name: &str, plain: usize| {
        let value = list[name].as_u64().and_then(|n| usize::try_from(n).ok());
        value.filter(|n| *n > 0).unwrap_or(plain)
    };
    let rows = window::ordered(vary, record.rows(kind).iter().collect::<Vec<_>>());
    let size = number("pageSize", visit.city.page_rows).min(ROWS_MAX);
    let shown = window::page(vary, &rows, number("curPageNum", 1), size);
    let is_changed = session.is(Behaviour::ChangedRows);
    let arranging = Arranging { vary, notation: Notation::json(vary).compact_months(), is_changed };
    let set = shown.rows.iter().map(|pay| arranging.object(&row_facts(pay))).collect();
    let mut params = Map::new();
    params.insert("pageSize".into(), size.into());
    params.insert("curPageNum".into(), shown.page.into());
    window::count(vary, &mut params, "rowsCount", shown.total);
    let mut answer = Map::new();
    answer.insert("heads".into(), json!([]));
    answer.insert("params".into(), Value::Object(params));
    if let Some(set) = window::list(vary, set) {
        answer.insert("dataset".into(), set);
    }
    let message = window::message(vary, rows.is_empty(), "没有查询出相关数据", "");
    Page::json(&json!({
        "flag": "1",
        "message": message,
        "datas": {"ncm_glt_个人已缴历史明细": answer},
    }))
    .data(kind.group())
}

/// What a perfect connector returns.
pub(crate) fn truth(world: &World, city: &City, person: &Person, is_empty: bool) -> Sections {
    let vary = world.varied(city);
    let record = world.insured(city, person, is_empty);
    let lists = Kind::ALL.map(|kind| {
        let rows = record.rows(kind).iter().map(|pay| told(&vary, &row_facts(pay)).value());
        (kind.section(), rows.collect())
    });
    sections(told(&vary, &base_facts(person, &record)), lists.into())
}
