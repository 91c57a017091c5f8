//! Paths of Rust: those of code, and those a `use` brings.

use super::tokens::{Token, behind_bracket};

/// The words of a path that begins here.
pub(super) fn path_at(tokens: &[Token<'_>], at: usize) -> Vec<String> {
    let is_before =
        |back: usize, is: &dyn Fn(&Token<'_>) -> bool| at >= back && is(&tokens[at - back]);
    let is_inside = is_before(1, &|sign| sign.is("."))
        || is_before(1, &|sign| sign.is("::"))
            && is_before(2, &|word| word.is_word() || word.is(">"));
    let mut words = Vec::new();
    while let Some(token) = tokens.get(at + 2 * words.len()).filter(|token| token.is_word()) {
        if is_inside {
            break;
        }
        words.push(token.text.to_owned());
        if !tokens.get(at + 2 * words.len() - 1).is_some_and(|sign| sign.is("::")) {
            break;
        }
    }
    words
}

/// The names a `use` brings, and the path of each.
pub(super) fn used(tree: &[Token<'_>]) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    branch(tree, &[], &mut found);
    found
}

fn branch(tree: &[Token<'_>], before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = before.to_vec();
    let mut at = 0;
    let mut name = None;
    while let Some(token) = tree.get(at) {
        match token.text {
            "{" => {
                let end = behind_bracket(tree, at);
                for part in parts(&tree[at + 1..end - 1]) {
                    branch(part, &path, found);
                }
                return;
            }
            "as" => {
                name = tree.get(at + 1).map(|token| token.text.to_owned());
                break;
            }
            "*" => name = Some("*".to_owned()),
            "self" if !path.is_empty() => {}
            "::" => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    if let Some(name) = name.or_else(|| path.last().cloned()) {
        found.push((name, path));
    }
}

/// What stands between the commas.
fn parts<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<&'a [Token<'t>]> {
    let (mut found, mut from, mut at) = (Vec::new(), 0, 0);
    while at < tokens.len() {
        if tokens[at].is("{") {
            at = behind_bracket(tokens, at);
            continue;
        }
        if tokens[at].is(",") {
            found.push(&tokens[from..at]);
            from = at + 1;
        }
        at += 1;
    }
    if from < tokens.len() {
        found.push(&tokens[from..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tokens;

    #[test]
    fn a_tree_of_names_is_read() {
        let tokens = tokens::tokens("a::{self, b as c, d::{e, f::*},}");
        let found: Vec<_> = used(&tokens)
            .into_iter()
            .map(|(name, path)| format!("{name}={}", path.join("/")))
            .collect();
        assert_eq!(found, ["a=a", "c=a/b", "e=a/d/e", "*=a/d/f"]);
    }
}
