//! What proves that there are no rows. Nothing is proved by something that is not there, by words
//! elsewhere on the page, or by an answer that says of itself that it failed.

use std::sync::LazyLock;

use fiveone_model::report::Kind;
use regex::Regex;
use serde_json::Value as Json;

use super::{FoundRows, Mapping};
use crate::{
    clean::{Cleaned, clean},
    connector::Connector,
    definition::{Css, Predicate, RowsPlace},
    outcome::Outcome,
    page::{
        GridRow, Page, Prober, blocks, claims_success, element_texts, errors, grids, lines,
        squeezed, troubling,
    },
};

/// A list of objects or lists in a script, from which a page may draw its rows.
static DATA: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[\s*[\[{]").expect("the pattern is a constant"));

/// A request that a page makes by itself: what is asked for may only come with its answer.
static LOADS: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        r"\.load\(\s*[^\s)]|\.(?:ajax|getJSON|get|post)\(\s*[{'\x22]|\bfetch\(|XMLHttpRequest";
    Regex::new(pattern).expect("the pattern is a constant")
});

/// How portals say that there is nothing: 无记录, 暂无明细, 对不起，没有找到您的缴费信息！
static NONE: LazyLock<Regex> = LazyLock::new(|| {
    let asked = "对不起|很?抱歉|您好|温馨提示|提示";
    let no = "暂时?无|尚无|无|暂?没有|暂?未能?(?:查询|检索|查找|搜索|查|找)到|查无|查询不到|查不到";
    let what = "记录|数据|明细|信息|结果|内容|资料|流水";
    let pattern = format!(
        r"^(?:{asked})?[，,：:！!\s]*\p{{Han}}{{0,8}}?(?:{no})\p{{Han}}{{0,12}}?(?:{what})[！!。.\s]*$"
    );
    Regex::new(&pattern).expect("the pattern is a constant")
});

/// Words of texts that have the form of [`NONE`] and are about something else.
const NOT_NONE: [&str; 14] = [
    "登录", "登陆", "权限", "授权", "用户", "账户", "帐户", "账号", "帐号", "密码", "会话", "系统",
    "网络", "参数",
];

/// Words of a text that tells of something that went wrong: whatever else it says, it does not know
/// what there is. 系统繁忙，暂时查询不到数据 is what overloaded portals say.
const TROUBLES: [&str; 34] = [
    "异常",
    "失败",
    "超时",
    "繁忙",
    "系统忙",
    "服务忙",
    "维护",
    "登录",
    "登陆",
    "稍后",
    "稍候",
    "稍等",
    "权限",
    "授权",
    "频繁",
    "错误",
    "出错",
    "有误",
    "过期",
    "失效",
    "会话",
    "重试",
    "升级",
    "无法",
    "不可用",
    "受限",
    "限制",
    "中断",
    "未响应",
    "exception",
    "error",
    "ora-",
    "timeout",
    "fail",
];

fn tells_trouble(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    TROUBLES.iter().any(|word| text.contains(word))
}

/// Whether a text says a word for "none", and beside it nothing of trouble.
fn says_only(text: &str, word: &str) -> bool {
    let (text, word) = (squeezed(text), squeezed(word));
    text.contains(&word) && !tells_trouble(&text.replace(&word, ""))
}

/// Whether a text that stands where rows would be says in general words that there are none.
fn is_none_in_words(text: &str) -> bool {
    NONE.is_match(text.trim())
        && !NOT_NONE.iter().any(|word| text.contains(word))
        && !tells_trouble(text)
}

/// The longest text that can be a row where rows stand in blocks, in characters.
const BLOCK_CHARS_MAX: usize = 80;

/// A day or a month.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        r"(?:19|20)\d{2}(?:[-/.年]\d{1,2}(?:[-/.月]\d{1,2})?|(?:0[1-9]|1[0-2])(?:\d{2})?)";
    Regex::new(pattern).expect("the pattern is a constant")
});

/// An amount with its two places.
static AMOUNT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d\.\d{2}(?:\D|$)").expect("the pattern is a constant"));

/// The longest text that can be the portal's words for "none", in characters.
const NONE_CHARS_MAX: usize = 40;

/// Whether the answer proves that there are no rows: by what the file says, or because the list itself
/// is there and empty, its total is 0, its header stands over nothing, or the portal's words for
/// "none" stand where rows would be.
pub(crate) fn proves_no_rows(
    prober: &Prober<'_>,
    connector: &Connector,
    (place, mapping): (&RowsPlace, &Mapping<'_>),
    more: &[Predicate],
    found: &FoundRows,
    total: Option<i64>,
) -> bool {
    if total.is_some_and(|total| total > 0) {
        return false;
    }
    let page = prober.page;
    let has_words_for_none = |text: &str| {
        text.chars().count() <= NONE_CHARS_MAX
            && connector.words_for_none().any(|word| says_only(text, word))
    };
    // General words only count where rows would stand: elsewhere 暂无公告信息 is about something else, and
    // 未找到个人信息 a refusal.
    let says_none_in_place = |text: &str| is_none_in_words(text) || has_words_for_none(text);
    let says_none_somewhere =
        |text: &str| connector.words_for_none().any(|word| says_only(text, word));
    // The vendor's own words for "none" may come in an answer that calls itself no success.
    let messages = page.messages();
    let is_vendors_none = !messages.is_empty()
        && messages.iter().all(|text| connector.vendor_says_none(text))
        && messages.iter().all(|text| !tells_trouble(text));
    let troubles = if page.is_json() { troubling(page) } else { Vec::new() };
    let is_refused = (claims_success(page) == Some(false) && !is_vendors_none)
        || troubles.iter().any(|text| !has_words_for_none(text))
        || (!page.is_json() && is_html_refusal(page, connector, has_words_for_none));
    if is_refused {
        return false;
    }
    if more.iter().any(|predicate| prober.holds(predicate)) {
        return true;
    }
    if found.has_strays {
        return false;
    }
    if let Some(json) = page.json() {
        // What troubles it, if anything, says "none": else it was refused above.
        return !has_stray_rows(json, place, mapping)
            && (found.has_place
                || total == Some(0)
                || !troubles.is_empty()
                || (claims_success(page) == Some(true) && is_null(json, place)));
    }
    if found.has_place {
        return found.notes.iter().all(|note| says_none_in_place(note) || is_beside_rows(note));
    }
    // No header, and the only thing that stands there says that there is nothing.
    match place {
        RowsPlace::Table(selector) | RowsPlace::Lists(selector) => {
            let texts = element_texts(page, selector);
            let draws_later = |script: &String| DATA.is_match(script) || LOADS.is_match(script);
            // In place of the table: then nothing on the page looks like rows.
            !is_another_empty(page, selector, says_none_in_place)
                && (matches!(texts.as_slice(), [text] if says_none_in_place(text))
                    || lines(page).iter().any(|line| has_words_for_none(line))
                        && !lines(page).iter().any(|line| is_failed_part(line))
                        && !has_lines_of_data(page)
                        && !has_blocks_of_data(page, says_none_somewhere)
                        && !page.scripts().iter().any(draws_later))
        }
        RowsPlace::Json(_) | RowsPlace::Flat(_) => false,
    }
}

/// Whether a table of the selection says "none" under heads that are not known: then it is another list.
fn is_another_empty(page: &Page, selector: &Css, says_none: impl Fn(&str) -> bool) -> bool {
    let tables: Vec<_> = page.select(&selector.0).collect();
    let is_filled = |cell: &&String| !cell.trim().is_empty();
    grids(&tables).iter().any(|grid| {
        let has_heads = |row: &GridRow| row.cells.iter().filter(is_filled).count() > 1;
        let has_note =
            |row: &GridRow| row.is_note() && row.cells.first().is_some_and(|cell| says_none(cell));
        grid.rows.iter().any(|row| row.own > 1 && has_heads(row)) && grid.rows.iter().any(has_note)
    })
}

/// Whether a line says that a part of the page did not come.
fn is_failed_part(line: &str) -> bool {
    line.chars().count() <= NONE_CHARS_MAX
        && ["加载失败", "查询失败", "获取失败", "请求失败", "加载中", "正在加载"]
            .iter()
            .any(|word| line.contains(word))
}

/// Whether a page says beside its empty list that it could not answer: an alert, or a filled error
/// element with words of a refusal. A portal that lost the session shows its tables all the same.
fn is_html_refusal(page: &Page, connector: &Connector, says_none: impl Fn(&str) -> bool) -> bool {
    let is_session_lost = |text: &String| {
        let mut rules = connector.rules_in_sections();
        rules.any(|rule| rule.outcome == Outcome::SessionLost && rule.predicate.says(text))
    };
    // Tips stand there whatever happens; an alert or an error is about this answer.
    page.alerts().iter().chain(&errors(page)).any(|text| !says_none(text))
        || page.messages().iter().any(is_session_lost)
}

/// Whether a table of the page has a line that could be a row: three cells, one of them with digits, or
/// a date and an amount.
fn has_lines_of_data(page: &Page) -> bool {
    let tables: Vec<_> = page
        .html()
        .root_element()
        .descendent_elements()
        .filter(|element| element.value().name() == "table")
        .collect();
    let has_digits = |cell: &String| cell.chars().any(|c| c.is_ascii_digit());
    grids(&tables).iter().flat_map(|grid| &grid.rows).any(|row| {
        let is = |kind| {
            row.cells.iter().any(|cell| matches!(clean(kind, cell, None), Cleaned::Value(_)))
        };
        match row.own {
            0 | 1 => false,
            2 => is(Kind::Date) && is(Kind::Money),
            _ => row.cells.iter().any(has_digits),
        }
    })
}

/// Whether something outside of tables could be a row: a day or month beside an amount with its places, in
/// a block that does not hold the words for "none" as well.
fn has_blocks_of_data(page: &Page, says_none: impl Fn(&str) -> bool) -> bool {
    blocks(page, BLOCK_CHARS_MAX).iter().any(|text| {
        let rest = DATE.replace_all(text, " ");
        rest != text.as_str() && AMOUNT.is_match(&rest) && !says_none(text)
    })
}

/// Whether a line over the whole width of a table is its title, its pager or a remark, and not an
/// answer instead of rows.
fn is_beside_rows(note: &str) -> bool {
    let is_pager = ["页", "条", "合计", "小计", "总计", "说明", "注：", "注:", "单位："];
    note.trim().is_empty() || is_pager.iter().any(|word| note.contains(word))
}

/// Whether null stands where the list would.
fn is_null(json: &Json, place: &RowsPlace) -> bool {
    let RowsPlace::Json(paths) = place else { return false };
    paths.iter().any(|path| path.0.query(json).all().iter().any(|value| value.is_null()))
}

/// Whether another list of the answer holds objects with the keys of these rows.
fn has_stray_rows(json: &Json, place: &RowsPlace, mapping: &Mapping<'_>) -> bool {
    let RowsPlace::Json(_) = place else { return false };
    match json {
        Json::Array(items) => items.iter().any(|item| match item {
            Json::Object(map) => {
                let keys = mapping.keys();
                keys.iter().filter(|key| map.contains_key(**key)).count() >= 2
            }
            other => has_stray_rows(other, place, mapping),
        }),
        Json::Object(map) => map.values().any(|value| has_stray_rows(value, place, mapping)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_none_in_words, says_only};

    #[test]
    fn words_for_none_beside_words_of_trouble_say_nothing() {
        for (text, word) in [
            ("暂无数据", "暂无数据"),
            ("对不起，暂无数据！", "暂无数据"),
            ("您好，没有查询到相关数据。", "没有查询到"),
        ] {
            assert!(says_only(text, word), "{text}");
        }
        for (text, word) in [
            ("系统繁忙，暂时查询不到数据，请稍后再试", "查询不到数据"),
            ("系统维护中，暂无数据", "暂无数据"),
            ("服务器异常，暂无数据", "暂无数据"),
            ("获取数据失败，暂无数据", "暂无数据"),
            ("您尚未登录，没有查询出相关数据", "没有查询出相关数据"),
            ("您的登录已超时，暂无数据", "暂无数据"),
            ("请求过于频繁，暂无数据", "暂无数据"),
            ("交易超时,无查询结果", "无查询结果"),
            ("数据库连接异常，没有查询到相关数据", "没有查询到"),
            ("无权限，未查询到相关数据", "未查询到"),
            ("查询条件有误，查询不到数据", "查询不到数据"),
            ("验证码错误，没有查询到相关数据", "没有查询到"),
            ("ORA-01555: 暂无数据", "暂无数据"),
        ] {
            assert!(!says_only(text, word), "{text}");
        }
        assert!(!is_none_in_words("查询失败没有记录"));
    }

    #[test]
    fn general_words_for_none_are_known_by_their_form() {
        for none in [
            "无记录",
            "无数据",
            "暂无明细",
            "无明细记录",
            "暂无缴存明细信息",
            "没有查询到您的缴费信息！",
            "对不起，未找到相关记录。",
            "该年度没有缴存记录",
            "查无数据",
        ] {
            assert!(is_none_in_words(none), "{none}");
        }
        for other in [
            "",
            "无",
            "没有登录信息",
            "无权限查看该信息",
            "没有该用户信息",
            "未找到账户信息",
            "没有记录2016年",
            "系统无此数据",
            "记录",
            "信息无误",
            "共3条记录",
        ] {
            assert!(!is_none_in_words(other), "{other}");
        }
    }
}
