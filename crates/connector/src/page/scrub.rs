//! A page without a value: its build, its names and the labels that are known, for an operator who wants
//! to see what a portal changed.
//!
//! What is kept is what a list allows, never what a list forbids: tags, names of classes and ids, and
//! texts that a connector knows as labels. Every other text, number and attribute stands there as its
//! kind alone, so that nothing of the person can be left over.

use scraper::ElementRef;
use serde_json::{Map, Value as Json};

use super::{Page, label::normal};

/// The longest scrubbed page, in bytes.
const BYTES_MAX: usize = 64 * 1024;

/// So many elements of one name, or items of one list, are shown in a row; the others are like them.
const ALIKE_MAX: usize = 4;

/// The kind of a text's value, e.g. `money`.
pub(crate) type KindOf<'a> = &'a dyn Fn(&str) -> &'static str;

/// What makes a scrubbed page of one.
pub(crate) struct Scrubber<'a> {
    /// Whether a label, as [`normal`] makes it, is one that the connector knows.
    pub(crate) is_known: &'a dyn Fn(&str) -> bool,
    pub(crate) kind_of: KindOf<'a>,
}

impl Scrubber<'_> {
    /// The scrubbed page, at most [`BYTES_MAX`] long.
    pub(crate) fn page(&self, page: &Page) -> String {
        let mut scrubbed = match page.json() {
            Some(json) => {
                let json = self.json(json);
                serde_json::to_string_pretty(&json).unwrap_or_default()
            }
            None if page.text().contains('<') => {
                let mut out = String::new();
                self.children(page.html().root_element(), 0, &mut out);
                out
            }
            None => self.text(page.text()),
        };
        if scrubbed.len() > BYTES_MAX {
            let end = scrubbed.floor_char_boundary(BYTES_MAX);
            scrubbed.truncate(end);
            scrubbed.push_str("\n… cut");
        }
        scrubbed
    }

    fn json(&self, value: &Json) -> Json {
        match value {
            Json::Null => Json::Null,
            Json::Bool(_) => Json::String("⟨boolean⟩".to_owned()),
            Json::Number(number) => Json::String(self.value(&number.to_string())),
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => {
                let mut kept: Vec<Json> =
                    items.iter().take(ALIKE_MAX).map(|item| self.json(item)).collect();
                if items.len() > ALIKE_MAX {
                    kept.push(Json::String(format!("… {} more", items.len() - ALIKE_MAX)));
                }
                Json::Array(kept)
            }
            Json::Object(fields) => {
                let scrubbed = fields.iter().map(|(key, value)| (self.name(key), self.json(value)));
                Json::Object(scrubbed.collect::<Map<_, _>>())
            }
        }
    }

    fn element(&self, element: ElementRef<'_>, depth: usize, out: &mut String) {
        let name = element.value().name();
        if out.len() > BYTES_MAX || matches!(name, "style" | "svg" | "noscript") {
            return;
        }
        let indent = |out: &mut String| {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', depth.min(24)));
        };
        indent(out);
        out.push('<');
        out.push_str(name);
        // Which box or option was chosen is a value.
        let is_shown = |name: &str| !matches!(name, "checked" | "selected");
        for (name, value) in element.value().attrs().filter(|(name, _)| is_shown(name)) {
            out.push_str(&self.attribute(name, value));
        }
        out.push('>');
        if name == "script" {
            out.push_str(&self.script(&element.text().collect::<String>()));
            out.push_str("</script>");
            return;
        }
        self.children(element, depth + 1, out);
        if element.child_elements().next().is_some() {
            indent(out);
        }
        out.push_str(&format!("</{name}>"));
    }

    /// What stands in an element; of many alike in a row, the first ones and the last.
    fn children(&self, element: ElementRef<'_>, depth: usize, out: &mut String) {
        let mut alike = ("", 0_usize);
        let mut left_out = 0_usize;
        for child in element.children() {
            if let Some(text) = child.value().as_text() {
                out.push_str(&self.text(text));
            }
            let Some(child) = ElementRef::wrap(child) else { continue };
            let name = child.value().name();
            alike = if name == alike.0 { (name, alike.1 + 1) } else { (name, 1) };
            // The last of many is often their sum.
            let is_last = child.next_siblings().all(|next| !next.value().is_element());
            if alike.1 > ALIKE_MAX && !is_last && matches!(name, "tr" | "li" | "option") {
                left_out += 1;
                continue;
            }
            if left_out > 0 {
                out.push_str(&format!("<!-- {left_out} more -->"));
                left_out = 0;
            }
            self.element(child, depth, out);
        }
    }

    fn attribute(&self, name: &str, value: &str) -> String {
        let shown = match name {
            "id" | "class" | "name" | "for" | "type" | "method" | "rowspan" | "colspan"
            | "lang" | "charset" | "http-equiv" => self.name(value),
            "href" | "src" | "action" => self.address(value),
            _ => self.text(value),
        };
        format!(" {name}=\"{shown}\"")
    }

    /// A path without numbers of people, and without its query's values.
    pub(crate) fn address(&self, address: &str) -> String {
        let is_plain = !address.trim_start().to_lowercase().starts_with("javascript:")
            && !address.starts_with("data:");
        if !is_plain {
            return "⟨script⟩".to_owned();
        }
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let path: Vec<String> = path.split('/').map(|part| self.name(part)).collect();
        let mut shown = path.join("/");
        for (at, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            shown.push(if at == 0 { '?' } else { '&' });
            shown.push_str(&format!("{}={}", self.name(name), self.value(value)));
        }
        shown
    }

    /// A name of the portal's programmers: plain letters, and few digits in a row.
    fn name(&self, name: &str) -> String {
        let is_plain = |c: char| c.is_ascii_graphic() || c == ' ';
        let digits = name.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
        let is_name = name.len() <= 64 && name.chars().all(is_plain) && digits <= 4;
        if is_name || (self.is_known)(&normal(name)) { name.to_owned() } else { self.value(name) }
    }

    /// A text: the labels in it that are known, and of everything else the kind.
    fn text(&self, text: &str) -> String {
        const SEPARATORS: [char; 20] = [
            ':', '：', '|', '/', ',', '，', '。', ';', '；', '(', ')', '（', '）', '[', ']', '\n',
            '\t', '、', '\u{a0}', '=',
        ];
        let whole = text.trim();
        if (self.is_known)(&normal(whole)) {
            return whole.to_owned();
        }
        let mut scrubbed = String::new();
        let mut rest = whole;
        while !rest.is_empty() {
            let end = rest.find(SEPARATORS).unwrap_or(rest.len());
            let (segment, behind) = rest.split_at(end);
            if !segment.trim().is_empty() {
                let is_known = (self.is_known)(&normal(segment));
                let shown = if is_known { segment.to_owned() } else { self.value(segment) };
                scrubbed.push_str(&shown);
            }
            let mut chars = behind.chars();
            scrubbed.extend(chars.next());
            rest = chars.as_str();
        }
        scrubbed
    }

    fn value(&self, text: &str) -> String {
        match (self.kind_of)(text.trim()) {
            "text" => format!("⟨text {}⟩", text.trim().chars().count()),
            "blank" => String::new(),
            kind => format!("⟨{kind}⟩"),
        }
    }

    /// A script: its words, without texts, numbers and remarks.
    fn script(&self, script: &str) -> String {
        let mut scrubbed = String::new();
        let mut rest = script;
        while let Some(c) = rest.chars().next() {
            let taken = match c {
                '"' | '\'' | '`' => {
                    let end = end_of_literal(rest, c);
                    let inner = rest[1..end].trim_end_matches(c);
                    scrubbed.push(c);
                    scrubbed.push_str(&self.text(inner));
                    scrubbed.push(c);
                    end
                }
                '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
                '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
                _ if c.is_ascii_digit() => {
                    let is_number = |c: char| c.is_ascii_digit() || c == '.';
                    let end = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
                    scrubbed.push_str("⟨number⟩");
                    end
                }
                _ if c.is_ascii_alphabetic() || matches!(c, '_' | '$') => {
                    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
                    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                    scrubbed.push_str(&self.name(&rest[..end]));
                    end
                }
                _ if c.is_ascii() => {
                    scrubbed.push(c);
                    1
                }
                _ => {
                    scrubbed.push_str("⟨text⟩");
                    rest.find(|c: char| c.is_ascii()).unwrap_or(rest.len())
                }
            };
            rest = &rest[taken..];
        }
        scrubbed
    }
}

/// Where a literal that begins with a quotation mark ends.
fn end_of_literal(text: &str, mark: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == mark {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(text: &str) -> String {
        let known = ["姓名", "缴存基数", "name", "balance"];
        let scrubber = Scrubber {
            is_known: &|label| known.iter().any(|one| normal(one) == label),
            kind_of: &|text| match text {
                "" => "blank",
                text if text.parse::<f64>().is_ok() => "number",
                _ => "text",
            },
        };
        scrubber.page(&Page::of(text))
    }

    #[test]
    fn a_page_keeps_its_build_and_its_known_labels() {
        let page = scrubbed(
            "<body><table class=list id=t1><tr><th>姓名<th>缴存基数(元)<th>手机</tr>\
             <tr><td>张三</td><td>5000.00</td><td title='张三'>13800000000</td></table>",
        );
        for kept in ["<table", "class=\"list\"", "<th>姓名</th>", "缴存基数(元)", "⟨number⟩"]
        {
            assert!(page.contains(kept), "{kept}: {page}");
        }
        for gone in ["张三", "5000", "138", "手机"] {
            assert!(!page.contains(gone), "{gone}: {page}");
        }
    }

    #[test]
    fn nothing_of_a_person_is_left_wherever_it_stands() {
        // Each stands in another place of the page.
        let secrets =
            ["李四", "99010119900101001X", "6543.21", "某某公司", "lisi2020", "0123456789"];
        let page = "<!-- 李四 --><script>var who='李四', id=\"99010119900101001X\", b=6543.21; \
             // 某某公司\n /* 李四 */ go(`某某公司`)</script><body onload=\"show('李四')\">\
             <a href='/u/99010119900101001X/x?name=李四&id=0123456789' class='某某公司'>李四</a>\
             <a href=\"javascript:go('李四')\">x</a><input id=0123456789 value='6543.21' data-x='李四'>\
             <p>姓名：李四</p><p>尊敬的李四，您好</p><pre>某某公司\t6543.21</pre><b>lisi2020</b>\
             <style>.x{content:'李四'}</style><svg><text>李四</text></svg>\
             <input type=radio name=sex value=x checked><option selected>李四</option>";
        let json = r#"{"name":"李四","99010119900101001X":[6543.21,"某某公司"],
            "balance":6543.21,"x":{"李四":"0123456789"},"y":"lisi2020","hasLoan":true}"#;
        for text in [page, json, "李四|99010119900101001X|6543.21|某某公司|lisi2020|0123456789"]
        {
            let scrubbed = scrubbed(text);
            for secret in secrets {
                assert!(!scrubbed.contains(secret), "{secret}: {scrubbed}");
            }
        }
        let (page, json) = (scrubbed(page), scrubbed(json));
        assert!(page.contains("姓名：⟨text 2⟩"));
        assert!(!page.contains("checked") && !page.contains("selected"), "{page}");
        assert!(json.contains("\"balance\": \"⟨number⟩\""));
        assert!(json.contains("\"hasLoan\": \"⟨boolean⟩\""));
    }

    #[test]
    fn many_alike_are_shown_by_the_first_and_the_last() {
        let rows: String = (0..50).map(|n| format!("<tr><td>{n}.00</td></tr>")).collect();
        let page = scrubbed(&format!("<table>{rows}</table>"));
        assert_eq!(page.matches("<tr>").count(), ALIKE_MAX + 1);
        assert!(page.contains("<!-- 45 more -->"), "{page}");
        let list: Vec<String> = (0..50).map(|n| format!("{{\"a\":{n}}}")).collect();
        assert!(scrubbed(&format!("[{}]", list.join(","))).contains("… 46 more"));
    }

    #[test]
    fn a_huge_page_is_cut() {
        let page: String = (0..9000).map(|n| format!("<div id=d{}>x</div>", n % 10)).collect();
        let scrubbed = scrubbed(&page);
        assert!(scrubbed.len() < BYTES_MAX + 100);
        assert!(scrubbed.ends_with("… cut"));
    }
}
