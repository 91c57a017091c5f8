//! What a stranger does to a finished page: announcements, redirects by script, JSON as old servers
//! write it, wrong charsets, a text that was cut inside a character.

use serde_json::{Map, Value};

use crate::city::City;
use crate::vary::{Dimension, Vary};
use crate::visit::{Body, Page, Part};

/// Stands in a text where a character was cut; the sender puts one byte there.
pub(crate) const BROKEN: char = '\u{e000}';

/// The charset that the header tells: the true one unless the stranger lies.
pub(crate) fn charset(vary: &Vary, city: &City) -> &'static str {
    match vary.variant(Dimension::CharsetHeader) {
        None if city.is_gbk => "GBK",
        None => "UTF-8",
        Some(0) => "",
        Some(1) => "ISO-8859-1",
        Some(_) if city.is_gbk => "UTF-8",
        Some(_) => "GBK",
    }
}

/// The page as the stranger sends it.
pub(crate) fn dress(vary: &Vary, page: Page) -> Page {
    let page = redirected(vary, page);
    let body = match page.body {
        Body::Json(mut value) => {
            add(vary, &mut value);
            Body::Text(json(vary, &value))
        }
        Body::Text(text) if page.content_type == "text/html" => Body::Text(html(vary, text)),
        other => other,
    };
    let is_page = vary.variant(Dimension::JsonText) == Some(4);
    let content_type = match page.content_type {
        "application/json" if is_page => "text/html",
        other => other,
    };
    Page { body, content_type, ..page }
}

/// A redirect that browsers follow by reading the page.
fn redirected(vary: &Vary, page: Page) -> Page {
    let (Some(variant), Some(to)) = (vary.variant(Dimension::Redirect), &page.location) else {
        return page;
    };
    if page.part != Part::Login {
        return page;
    }
    let text = match variant {
        0 => format!("<html><body><script>top.location.href=\"{to}\";</script></body></html>"),
        1 => format!(
            "<html><head><meta http-equiv=\"refresh\" content=\"0;url={to}\"></head></html>"
        ),
        2 => format!(
            "<html><script language=\"javascript\">window.location.replace('{to}');</script></html>"
        ),
        _ => format!(
            "<html><head><script>function go(){{ window.location='{to}'; }}\
                      </script></head><body onload=\"go()\"></body></html>"
        ),
    };
    Page { status: 200, location: None, body: Body::Text(text), ..page }
}

/// What stands beside the data of a JSON answer.
fn add(vary: &Vary, value: &mut Value) {
    let Value::Object(map) = value else { return };
    if vary.has(Dimension::Notice) {
        let words = NOTICES[vary.variant(Dimension::Notice).unwrap_or(0)].0;
        let notice = Map::from_iter([("title".into(), words.into())]);
        map.insert("gonggao".into(), Value::Object(notice));
    }
    if vary.has(Dimension::BrokenByte) {
        map.insert("jszc".into(), format!("示例信{BROKEN}").into());
    }
    match vary.variant(Dimension::JsonText) {
        Some(0) => map.insert("beiz".into(), "第一行\t第二行\n".into()),
        Some(3) => map.insert("beiz".into(), "\u{e001}".into()),
        _ => None,
    };
}

fn json(vary: &Vary, value: &Value) -> String {
    let way = vary.variant(Dimension::JsonText);
    let writer = Writer {
        quote: if way == Some(1) { '\'' } else { '"' },
        is_raw: way == Some(0),
        has_numbers: vary.has(Dimension::JsonNumbers),
    };
    let mut out = String::new();
    if way == Some(2) {
        out.push_str("\u{feff}\r\n\r\n");
    }
    writer.write(value, &mut out);
    out
}

/// Writes JSON as a program of the time did that put texts together.
struct Writer {
    quote: char,
    /// Whether control characters stand in texts as they are.
    is_raw: bool,
    /// Whether amounts are numbers, with their zeros.
    has_numbers: bool,
}

impl Writer {
    fn write(&self, value: &Value, out: &mut String) {
        match value {
            Value::String(text) if self.has_numbers && is_amount(text) => out.push_str(text),
            Value::String(text) => self.text(text, out),
            Value::Array(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    self.write(item, out);
                }
                out.push(']');
            }
            Value::Object(map) => {
                out.push('{');
                for (place, (key, item)) in map.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    self.text(key, out);
                    out.push(':');
                    self.write(item, out);
                }
                out.push('}');
            }
            other => out.push_str(&other.to_string()),
        }
    }

    fn text(&self, text: &str, out: &mut String) {
        out.push(self.quote);
        for one in text.chars() {
            match one {
                // Half of a character outside the first plane, as a cut in UTF-16 leaves it.
                '\u{e001}' => out.push_str("\\ud83d"),
                '\t' | '\n' if self.is_raw => out.push(one),
                '\t' => out.push_str("\\t"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\\' => out.push_str("\\\\"),
                one if one == self.quote => {
                    out.push('\\');
                    out.push(one);
                }
                one => out.push(one),
            }
        }
        out.push(self.quote);
    }
}

/// `1234.50` and `-5.00`, but neither `1,234.50` nor an account number.
fn is_amount(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let Some((whole, part)) = digits.split_once('.') else { return false };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_digits(whole)
        && is_digits(part)
        && part.len() == 2
        && (whole == "0" || !whole.starts_with('0'))
}

/// Words of outcomes where no outcome is meant, and whether they stand above the page's body.
const NOTICES: [(&str, bool); 6] = [
    ("<div class=\"notice\">关于7月1日系统升级的公告：22时起系统维护，期间暂停服务</div>", true),
    (
        "<p class=\"tips\">温馨提示：连续输错5次密码，账号将被锁定24小时，密码错误请到柜台重置</p>",
        true,
    ),
    (
        "<div id=\"errTpl\" style=\"display:none\">密码错误</div><div style=\"display: none\">验证码错误</div>",
        true,
    ),
    ("<div id=\"footer\">系统维护：示例信息技术有限公司&nbsp;系统维护电话：12329</div>", false),
    (
        "<ul class=\"news\"><li>提取记录：暂无数据</li><li>贷款信息：没有查询出相关数据</li></ul>",
        false,
    ),
    ("<marquee>未注册用户请先注册再登录；初始密码不能进行查询业务</marquee>", true),
];

fn html(vary: &Vary, text: String) -> String {
    let mut text = text;
    if let Some(variant) = vary.variant(Dimension::Notice) {
        let (words, is_above) = NOTICES[variant];
        text = if is_above {
            text.replacen("<body>", &format!("<body>\r\n{words}\r\n"), 1)
        } else {
            text.replacen("</body>", &format!("{words}\r\n</body>"), 1)
        };
    }
    if vary.has(Dimension::BrokenByte) {
        text = text.replacen("</body>", &format!("<div>技术支持：示例信{BROKEN}</div></body>"), 1);
    }
    match vary.variant(Dimension::CharsetMeta) {
        Some(0) => text.replacen("charset=UTF-8\">", "charset=gb2312\">", 1).replacen(
            "charset=GBK\">",
            "charset=utf-8\">",
            1,
        ),
        Some(_) => match (text.find("<meta http-equiv=\"Content-Type\""), text.find("charset=")) {
            (Some(from), Some(to)) if from < to => {
                let end = text[to..].find('>').map_or(to, |end| to + end + 1);
                format!("{}{}", &text[..from], &text[end..])
            }
            _ => text,
        },
        None => text,
    }
}

/// The page of a portal that is closed.
pub(crate) fn closed(variant: usize, city: &City) -> Page {
    let words = [
        "<h2>系统维护中，请稍后再试</h2>",
        "<div class=\"box\"><b>公告</b><p>系统升级，在此期间系统暂停服务，敬请谅解。</p></div>",
        "<p>系统正在维护，暂停服务，给您带来不便敬请谅解</p>",
    ][variant];
    Page::html(crate::html::page("系统维护", if city.is_gbk { "GBK" } else { "UTF-8" }, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amounts_become_numbers() {
        let amounts = ["0.00", "-5.00", "1234.50"];
        assert!(amounts.iter().all(|text| is_amount(text)));
        let others = ["", "1,234.50", "201703", "2017.03", "007.00", "1.5", "-", "."];
        // A month in digits looks like an amount; portals with such months do not number them.
        assert_eq!(others.iter().filter(|text| is_amount(text)).count(), 1);
    }
}
