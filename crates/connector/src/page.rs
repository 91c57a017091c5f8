//! An answer as something that can be looked into: decoded text, HTML tree, JSON.
//!
//! A page is parsed, looked into and dropped without waiting for anything: it never lives across an
//! await, so a run that waits for a person holds none.

mod attributes;
mod capture;
mod charset;
mod depth;
mod element;
mod grid;
mod json;
mod label;
mod layer;
mod message;
mod prober;
mod script;
mod scrub;
mod style;
mod text;
mod visible;

use std::{cell::OnceCell, collections::HashSet};

use scraper::{ElementRef, Html};
use serde_json::Value as Json;
use url::Url;

use crate::{
    definition::{Charset, Css, Layer},
    unexpected::UnexpectedPage,
};

use attributes::attribute;
pub(crate) use charset::decode;
pub(crate) use element::{by_name, cell_value, without_ellipsis};
pub(crate) use grid::{Grid, GridRow, grids};
pub(crate) use label::{Labels, normal};
pub(crate) use message::{Standing, claims_success, errors, has_controls, spoken, troubling};
pub(crate) use prober::{Prober, TextPass, text_of as json_text};
pub(crate) use scrub::Scrubber;
pub(crate) use text::{clean_text, half_width, has_no_width, is_blank_char, squeezed};
pub(crate) use visible::{all_lines, blocks};

/// An answer and what has been made of it so far.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    text: String,
    made: Made,
}

/// What is made of a page's text when it is first asked for, and then is there for whoever asks again.
#[derive(Default)]
struct Made {
    html: OnceCell<Html>,
    json: OnceCell<Option<Json>>,
    messages: OnceCell<Vec<String>>,
    lines: OnceCell<Vec<String>>,
    visible: OnceCell<String>,
}

impl Page {
    /// Decodes an answer.
    pub(crate) fn new(
        status: u16,
        url: Url,
        headers: Vec<(String, Vec<u8>)>,
        body: &[u8],
        told: Option<Charset>,
        usual: Option<Charset>,
    ) -> Self {
        let kind = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        let text = charset::decode(body, kind.as_deref(), told, usual);
        Self { status, url, headers, text, made: Made::default() }
    }

    /// A page with nothing on it, to ask what needs no answer.
    pub(crate) fn blank(url: Url) -> Self {
        Self::new(200, url, Vec::new(), b"", None, None)
    }

    /// A page of a text that has been decoded.
    pub(crate) fn of_text(url: Url, text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::blank(url) }
    }

    /// Everything, as text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The HTML tree; any text has one. Of a page whose elements stand in each other deeper than any
    /// page for people, nothing is looked at: readers walk down the tree, and a stack has an end.
    pub(crate) fn html(&self) -> &Html {
        self.made.html.get_or_init(|| {
            if depth::may_be_too_deep(&self.text) {
                return Html::parse_document("");
            }
            let mut html = Html::parse_document(&self.text);
            if depth::is_too_deep(&html) {
                return Html::parse_document("");
            }
            style::hide(&mut html);
            html
        })
    }

    /// The JSON value, when the whole text is one.
    pub(crate) fn json(&self) -> Option<&Json> {
        self.made.json.get_or_init(|| json::parse(&self.text)).as_ref()
    }

    /// Whether it is JSON made of more than a word or a number.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.json(), Some(Json::Object(_) | Json::Array(_)))
    }

    /// The elements of a selector.
    pub(crate) fn select<'p>(
        &'p self,
        selector: &'p scraper::Selector,
    ) -> impl Iterator<Item = ElementRef<'p>> {
        self.html().select(selector)
    }

    /// What can be seen of it.
    pub(crate) fn visible(&self) -> &str {
        self.made.visible.get_or_init(|| match self.json() {
            Some(json) => visible::of_json(json),
            None => visible::of_html(self.html()),
        })
    }

    /// Whether it holds a table, a list of definitions or a form: something records can stand in.
    pub(crate) fn has_records(&self) -> bool {
        self.html().root_element().descendent_elements().any(|element| {
            matches!(element.value().name(), "table" | "dl" | "input" | "select" | "textarea")
        })
    }

    /// What inline scripts alert as the page opens.
    pub(crate) fn alerts(&self) -> Vec<String> {
        script::alerts(self.html())
    }

    /// The inline scripts that hold anything.
    pub(crate) fn scripts(&self) -> Vec<String> {
        let mut scripts = script::scripts(self.html());
        scripts.retain(|script| !script.trim().is_empty());
        scripts
    }

    /// Whether a field that can be filled has a name or an id with one of these parts in it.
    pub(crate) fn has_field(&self, parts: &[&str]) -> bool {
        let is_named = |name: Option<&str>| {
            let name = name.unwrap_or_default().to_lowercase();
            parts.iter().any(|part| name.contains(part))
        };
        self.html().root_element().descendent_elements().any(|element| {
            element.value().name() == "input"
                && element.attr("type") != Some("hidden")
                && (is_named(element.attr("name")) || is_named(element.attr("id")))
        })
    }

    /// Whether anything can be typed or chosen on it, or it is a frame around such a page.
    pub(crate) fn has_fields(&self) -> bool {
        self.html().root_element().descendent_elements().any(|element| {
            matches!(
                element.value().name(),
                "input" | "select" | "textarea" | "button" | "frame" | "iframe"
            )
        })
    }

    /// A page that ends in the middle of a table: the server gave up while it wrote. What stands behind is
    /// missing, and the last value may be half of one.
    pub(crate) fn cut(&self) -> Option<UnexpectedPage> {
        let reason = "the page ends in the middle of a table";
        self.is_cut().then(|| UnexpectedPage::portal(reason))
    }

    fn is_cut(&self) -> bool {
        if self.is_json() {
            return false;
        }
        let text = self.text.to_ascii_lowercase();
        let last = |tag: &str| text.rfind(tag);
        let is_open = match (last("<table"), last("</table")) {
            (Some(open), Some(close)) => open > close,
            (Some(_), None) => true,
            (None, _) => false,
        };
        // Some pages never close a table and end all the same.
        let ends = [last("</html"), last("</body"), last("</form"), last("</div")];
        let behind = last("<td").max(last("<tr")).max(last("<th"));
        is_open && ends.into_iter().flatten().max() < behind
    }

    /// Whether it tells of pages, or has something to turn them with.
    pub(crate) fn speaks_of_pages(&self) -> bool {
        const WORDS: [&str; 6] = ["上一页", "下一页", "首页", "末页", "尾页", "跳转"];
        let text = self.visible();
        let is_counted = text.contains('页') && (text.contains('共') || text.contains('第'));
        let mut elements = self.html().root_element().descendent_elements();
        WORDS.iter().any(|word| text.contains(word))
            || is_counted
            || elements.any(|element| {
                let names = ["class", "id", "name"].map(|name| attribute(element.value(), name));
                names.into_iter().flatten().any(|name| name.to_lowercase().contains("page"))
            })
    }

    /// What its body does as it opens.
    pub(crate) fn onload(&self) -> String {
        let mut elements = self.html().root_element().descendent_elements();
        let onload = elements.find_map(|element| element.attr("onload"));
        onload.unwrap_or_default().to_owned()
    }

    /// Its title.
    pub(crate) fn title(&self) -> String {
        let mut elements = self.html().root_element().descendent_elements();
        let title = elements.find(|element| element.value().name() == "title");
        title.map(|title| title.text().collect()).unwrap_or_default()
    }

    /// Whether a password can be typed into it.
    pub(crate) fn has_password_field(&self) -> bool {
        self.html().root_element().descendent_elements().any(|element| {
            let kind = element.attr("type").unwrap_or_default();
            element.value().name() == "input" && kind.eq_ignore_ascii_case("password")
        })
    }

    /// What kind of answer it is, for the operator.
    pub(crate) fn shape(&self) -> &'static str {
        let has = |names: &[&str]| {
            let mut elements = self.html().root_element().descendent_elements();
            elements.any(|element| names.contains(&element.value().name()))
        };
        if self.text.trim().is_empty() {
            return "blank";
        }
        if self.is_json() {
            return "JSON";
        }
        if !self.text.contains('<') {
            return "bare text, not JSON";
        }
        if has(&["frameset"]) {
            return "a frameset, whose pages stand elsewhere";
        }
        if self.text.contains("location") && self.visible().is_empty() {
            return "a script that leads to another page";
        }
        "an HTML page"
    }

    /// What it tells the reader: alerts, errors, messages.
    pub(crate) fn messages(&self) -> &[String] {
        self.made.messages.get_or_init(|| message::of(self))
    }

    /// The same answer without the layers around its data; `None` when one of them is not there.
    pub(crate) fn peel(self, layers: &[Layer]) -> Option<Self> {
        layers.iter().try_fold(self, |page, layer| {
            let text = layer::peel(&page, layer)?;
            Some(Self { text, made: Made::default(), ..page })
        })
    }
}

/// What can be read in each of the outermost elements of a selection.
pub(crate) fn element_texts(page: &Page, selector: &Css) -> Vec<String> {
    outermost(page.select(&selector.0).collect()).into_iter().map(visible::of_element).collect()
}

/// Elements that stand in no other of the list, so that nothing is read twice.
pub(crate) fn outermost(elements: Vec<ElementRef<'_>>) -> Vec<ElementRef<'_>> {
    let ids: HashSet<_> = elements.iter().map(|element| element.id()).collect();
    let is_inner =
        |element: &ElementRef<'_>| element.ancestors().any(|above| ids.contains(&above.id()));
    elements.into_iter().filter(|element| !is_inner(element)).collect()
}

/// The lines of text that can be seen outside of announcements and footers.
pub(crate) fn lines(page: &Page) -> &[String] {
    page.made.lines.get_or_init(|| visible::lines(page))
}

/// Whether an answer is a firewall's script instead of a page.
pub(crate) fn is_wall(page: &Page) -> bool {
    visible::is_wall(page)
}

#[cfg(test)]
impl Page {
    /// A page of a text, for tests.
    pub(crate) fn of(text: &str) -> Self {
        let url = Url::parse("http://portal.test/app/page").expect("an address");
        Self::new(200, url, Vec::new(), text.as_bytes(), None, None)
    }
}

#[cfg(test)]
mod tests;
