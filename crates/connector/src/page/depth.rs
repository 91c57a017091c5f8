//! Pages whose elements stand in each other deeper than any page for people. Nothing is looked at in
//! them: readers walk down the tree, and a stack has an end.

use std::collections::HashMap;

use scraper::Html;

/// How deep elements may stand in each other.
const DEPTH_MAX: usize = 400;

/// How many tags may be open at once in a text of which a tree is made: making one takes the square of
/// that. More than of the tree's depth, since a browser closes some that the text does not.
const OPEN_MAX: usize = 1000;

/// Elements without an end, and those that end with the next one of their kind.
const CLOSED_BY_THEMSELVES: [&str; 30] = [
    "area", "base", "body", "br", "col", "dd", "dt", "embed", "head", "hr", "html", "img", "input",
    "li", "link", "meta", "optgroup", "option", "p", "param", "rp", "rt", "source", "tbody", "td",
    "tfoot", "th", "thead", "tr", "wbr",
];

/// Whether elements of a tree stand in each other too deep.
pub(super) fn is_too_deep(html: &Html) -> bool {
    let mut ahead = vec![(html.tree.root(), 0_usize)];
    while let Some((node, depth)) = ahead.pop() {
        if depth > DEPTH_MAX {
            return true;
        }
        ahead.extend(node.children().map(|child| (child, depth + 1)));
    }
    false
}

/// Whether so many tags of a text are open at once that no tree should be made of it.
pub(super) fn may_be_too_deep(text: &str) -> bool {
    // Each needs a bracket, and hardly any page has so many.
    if text.bytes().filter(|byte| *byte == b'<').take(OPEN_MAX + 1).count() <= OPEN_MAX {
        return false;
    }
    let mut open: HashMap<String, usize> = HashMap::new();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let is_end = rest.starts_with('/');
        let name = name_of(rest.trim_start_matches('/'));
        if let Some(end) = raw_end(rest, &name).filter(|_| !is_end) {
            rest = &rest[end..];
            continue;
        }
        if name.is_empty() || CLOSED_BY_THEMSELVES.contains(&name.as_str()) {
            continue;
        }
        let count = open.entry(name).or_default();
        if !is_end {
            *count += 1;
            depth += 1;
        } else if *count > 0 {
            *count -= 1;
            depth -= 1;
        }
        if depth > OPEN_MAX {
            return true;
        }
    }
    false
}

/// The name of a tag that a text begins with, in lower case.
fn name_of(text: &str) -> String {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let name = &text[..end];
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.to_ascii_lowercase()
    } else {
        String::new()
    }
}

/// How far a comment, a script or a style sheet goes, in which tags are none.
fn raw_end(rest: &str, name: &str) -> Option<usize> {
    let end = match name {
        "script" => "</script",
        "style" => "</style",
        _ if rest.starts_with("!--") => "-->",
        _ => return None,
    };
    // Almost everybody writes them in lower case; where nobody does, what follows is looked at as tags.
    rest.find(end)
}

#[cfg(test)]
mod tests {
    use super::may_be_too_deep;

    #[test]
    fn open_tags_are_counted_where_they_are_tags() {
        let many = |part: &str| part.repeat(1001);
        for deep in [
            many("<span>"),
            many("<DIV><br>"),
            many("<div></p>"),
            format!("<table>{}", many("<tr><td><table>")),
        ] {
            assert!(may_be_too_deep(&deep), "{}", &deep[..40]);
        }
        for flat in [
            many("<span></span>"),
            many("<p>x<li>y<td>z<br>"),
            many("<div/></div>"),
            format!("<script>{}</script>", many("a<b;")),
            format!("<!--{}-->", many("<div>")),
            many("1<2 "),
        ] {
            assert!(!may_be_too_deep(&flat), "{}", &flat[..40]);
        }
    }
}
