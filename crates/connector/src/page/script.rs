//! Inline scripts: what they alert as the page opens, and the values they set.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{Html, Selector};
use serde_json::Value as Json;

static SCRIPTS: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("script:not([src])").expect("the selector is a constant"));
static ONLOADS: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("[onload]").expect("the selector is a constant"));
static ALERT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?s)(?:\balert|\bconfirm|\blayer\.(?:msg|alert)|\$\.messager\.\w+)\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')"#)
        .expect("the pattern is a constant")
});

/// Every inline script.
pub(super) fn scripts(html: &Html) -> Vec<String> {
    html.select(&SCRIPTS).map(|script| script.text().collect()).collect()
}

/// The texts that scripts show as the page opens.
pub(super) fn alerts(html: &Html) -> Vec<String> {
    let onloads =
        html.select(&ONLOADS).filter_map(|element| element.attr("onload")).map(str::to_owned);
    scripts(html)
        .iter()
        .map(|script| run_at_once(script))
        .chain(onloads)
        .flat_map(|script| {
            let texts: Vec<String> = ALERT
                .captures_iter(&script)
                .filter_map(|found| found.get(1).or_else(|| found.get(2)))
                .map(|text| unescape(text.as_str()))
                .collect();
            texts
        })
        .collect()
}

/// The script without comments and without the bodies of functions that are only defined. A function
/// that is handed to `$(…)`, `ready(…)` or `setTimeout(…)`, is called at once, or is the page's onload
/// handler, does run.
fn run_at_once(script: &str) -> String {
    let mut kept = String::new();
    let mut rest = script;
    let mut quote: Option<char> = None;
    let mut hidden_from: Option<usize> = None;
    let mut depth = 0_usize;
    let mut previous = '\0';
    while let Some(c) = rest.chars().next() {
        let mut step = c.len_utf8();
        match (quote, c) {
            (Some(open), c) if c == open && previous != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '/') if rest.starts_with("//") && previous != ':' => {
                step = rest.find('\n').unwrap_or(rest.len());
            }
            (None, '/') if rest.starts_with("/*") => {
                step = rest.find("*/").map_or(rest.len(), |end| end + 2);
            }
            (None, '{') => {
                depth += 1;
                if hidden_from.is_none() && only_defines(&kept) {
                    hidden_from = Some(depth);
                }
            }
            (None, '}') => {
                if hidden_from == Some(depth) {
                    hidden_from = None;
                }
                depth = depth.saturating_sub(1);
            }
            (None, _) => {}
        }
        if hidden_from.is_none() && (step == c.len_utf8()) {
            kept.push(c);
        }
        previous = if previous == '\\' && c == '\\' { '\0' } else { c };
        rest = &rest[step..];
    }
    kept
}

static FUNCTION_HEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"([\w$.)\]]*)\s*([(=:,]?)\s*function\s*([\w$]*)\s*\([^()]*\)\s*$")
        .expect("the pattern is a constant")
});

/// Whether the code so far ends in the head of a function that nobody calls here.
fn only_defines(code: &str) -> bool {
    let start = code.len().saturating_sub(300);
    let start = (start..=code.len()).find(|at| code.is_char_boundary(*at)).unwrap_or(code.len());
    let code = &code[start..];
    // Every bracket is asked, and few stand behind the head of a function.
    let before_arguments = code.trim_end().strip_suffix(')').and_then(|code| code.rsplit_once('('));
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let is_function = before_arguments.is_some_and(|(before, _)| {
        before.trim_end().trim_end_matches(is_name).trim_end().ends_with("function")
            || before.trim_end().ends_with("function")
    });
    let Some(head) = FUNCTION_HEAD.captures(code).filter(|_| is_function) else { return false };
    let part = |at: usize| head.get(at).map_or("", |part| part.as_str());
    let (before, sign, name) = (part(1), part(2), part(3));
    if !name.is_empty() {
        return true;
    }
    match sign {
        "(" => {
            !(before.is_empty()
                || matches!(before, "$" | "jQuery" | "setTimeout" | "window.setTimeout")
                || before.ends_with("ready"))
        }
        "=" => !before.ends_with("onload"),
        _ => true,
    }
}

fn unescape(text: &str) -> String {
    text.replace("\\n", " ").replace("\\r", " ").replace("\\\"", "\"").replace("\\'", "'")
}

/// A value that a script sets: `name = '…'`, `name: "…"`, `"name":"…"`, a number, or an object or
/// list as JSON text.
pub(super) fn value(scripts: &[String], name: &str) -> Option<Json> {
    let pattern = format!(r#"(?:^|[^\w$.])["']?{}["']?\s*(?:=|:)\s*"#, regex::escape(name));
    let pattern = Regex::new(&pattern).ok()?;
    scripts.iter().find_map(|script| {
        let set = pattern.find_iter(script).map(|found| &script[found.end()..]);
        // `==` compares and sets nothing.
        let set = set.filter(|rest| !rest.starts_with('=') && begins_literal(rest));
        set.take(TRIES_MAX).find_map(literal)
    })
}

/// How often a name may be set in a script to what is no value: each may go on to the script's end.
const TRIES_MAX: usize = 50;

fn begins_literal(text: &str) -> bool {
    text.starts_with(|c: char| {
        c.is_ascii_digit() || matches!(c, '"' | '\'' | '{' | '[' | '-' | '.')
    })
}

fn literal(text: &str) -> Option<Json> {
    match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let mut value = String::new();
            let mut is_escaped = false;
            for c in text.chars().skip(1) {
                match c {
                    _ if is_escaped => {
                        value.push(c);
                        is_escaped = false;
                    }
                    '\\' => is_escaped = true,
                    c if c == quote => return Some(Json::String(value)),
                    c => value.push(c),
                }
            }
            None
        }
        '{' | '[' => {
            let end = balanced(text)?;
            super::json::parse(&text[..end])
        }
        '-' | '.' | '0'..='9' => {
            let number: String =
                text.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '.')).collect();
            Some(Json::String(number))
        }
        _ => None,
    }
}

/// The length of a bracketed value, quotes respected.
fn balanced(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut previous) = (0_usize, None, '\0');
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open && previous != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (None, _) => {}
        }
        previous = c;
    }
    None
}
