//! Rust as its words: comments and what only tests compile left out, texts kept whole. Rules that
//! look for words in lines miss those on two lines, and find those of comments.

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Word,
    /// A text with its quotes, a character, a number.
    Literal,
    Lifetime,
    /// One character, or `::`.
    Sign,
}

/// A token and the line on which it begins, counted from one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) line: usize,
}

impl Token<'_> {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(super) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }
}

/// The tokens of a file.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < text.len() {
        let rest = &text[at..];
        let (kind, length) = next(rest);
        let word = &rest[..length];
        if let Some(kind) = kind {
            let text = word.strip_prefix("r#").filter(|_| kind == Kind::Word).unwrap_or(word);
            found.push(Token { kind, text, line });
        }
        line += word.matches('\n').count();
        at += length;
    }
    found
}

/// What a text begins with and how long that is; blanks and comments are nothing.
fn next(rest: &str) -> (Option<Kind>, usize) {
    let first = rest.chars().next().unwrap_or_default();
    if first.is_whitespace() {
        return (None, first.len_utf8());
    }
    if rest.starts_with("//") {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, block_comment(rest));
    }
    if let Some(length) = text_literal(rest) {
        return (Some(Kind::Literal), length);
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let run = |text: &str| text.find(|c| !is_part(c)).unwrap_or(text.len());
    if let Some(behind) = rest.strip_prefix('\'') {
        return character(behind).map_or_else(
            || (Some(Kind::Lifetime), 1 + run(behind)),
            |length| (Some(Kind::Literal), 1 + length),
        );
    }
    if first.is_ascii_digit() {
        return (Some(Kind::Literal), run(rest));
    }
    if let Some(raw) = rest.strip_prefix("r#").filter(|raw| raw.starts_with(is_part)) {
        return (Some(Kind::Word), 2 + run(raw));
    }
    if is_part(first) {
        return (Some(Kind::Word), run(rest));
    }
    (Some(Kind::Sign), if rest.starts_with("::") { 2 } else { first.len_utf8() })
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a text in quotes, whatever letters stand before them.
fn text_literal(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|rest| {
            let hashes = if prefix.ends_with('r') { rest.trim_start_matches('#') } else { rest };
            hashes.starts_with('"')
        })
    })?;
    let behind = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = behind.len() - behind.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let inside = &behind[hashes + 1..];
        let close = inside.find(&end).map_or(inside.len(), |at| at + end.len());
        return Some(prefix.len() + hashes + 1 + close);
    }
    let mut is_escaped = false;
    for (at, c) in behind.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(prefix.len() + at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// The length of a character behind its first quote; none when the quote begins a lifetime.
fn character(behind: &str) -> Option<usize> {
    let mut chars = behind.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next();
        return behind[2..].find('\'').map(|at| at + 3);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

/// Where what begins with an opening bracket ends: the place behind the closing one.
pub(super) fn behind_bracket(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The attribute that begins at a place: its words, and the place behind it.
fn attribute<'a, 't>(tokens: &'a [Token<'t>], at: usize) -> Option<(&'a [Token<'t>], usize)> {
    let open = at + 1 + usize::from(tokens.get(at + 1)?.is("!"));
    let is_attribute = tokens[at].is("#") && tokens.get(open)?.is("[");
    is_attribute.then(|| {
        let end = behind_bracket(tokens, open);
        (&tokens[open + 1..end - 1], end)
    })
}

/// Whether what an attribute stands before is compiled for tests alone.
fn is_of_tests(attribute: &[Token<'_>]) -> bool {
    let words: Vec<_> = attribute.iter().map(|token| token.text).collect();
    words == ["cfg", "(", "test", ")"] || words.starts_with(&["cfg", "(", "all", "(", "test", ","])
}

/// The runs of tokens that only tests compile, each with its attributes.
fn test_runs(tokens: &[Token<'_>]) -> Vec<std::ops::Range<usize>> {
    let (mut runs, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let Some((words, end)) = attribute(tokens, at) else {
            at += 1;
            continue;
        };
        if !is_of_tests(words) {
            at = end;
            continue;
        }
        // `#![cfg(test)]` is about all that follows.
        let end = if tokens[at + 1].is("!") { tokens.len() } else { behind_item(tokens, end) };
        runs.push(at..end);
        at = end;
    }
    runs
}

/// The place behind the item that begins here: a declaration, a statement, a field or an arm.
fn behind_item(tokens: &[Token<'_>], mut at: usize) -> usize {
    while let Some((_, end)) = tokens.get(at).and_then(|_| attribute(tokens, at)) {
        at = end;
    }
    let head = tokens[at..].iter().take_while(|token| !matches!(token.text, "{" | ";" | "="));
    let head: Vec<_> = head.filter(|token| token.is_word()).map(|token| token.text).collect();
    let begins = |words: &[&str]| {
        let first = head.iter().find(|word| !matches!(**word, "pub" | "crate" | "super" | "in"));
        first.is_some_and(|first| words.contains(first))
    };
    let is_function = head.contains(&"fn");
    let ends_with_sign = begins(&["let", "const", "static", "use", "type"]) && !is_function;
    let ends_with_block = is_function
        || begins(&["mod", "impl", "struct", "enum", "trait", "union", "unsafe", "macro_rules"]);
    while at < tokens.len() {
        match tokens[at].text {
            "{" if !ends_with_sign => return behind_block(tokens, at),
            "(" | "[" | "{" => at = behind_bracket(tokens, at),
            ";" => return at + 1,
            "," if !ends_with_sign && !ends_with_block => return at + 1,
            ")" | "]" | "}" => return at,
            _ => at += 1,
        }
    }
    at
}

/// Behind a block, and the comma that may follow it.
fn behind_block(tokens: &[Token<'_>], open: usize) -> usize {
    let end = behind_bracket(tokens, open);
    end + usize::from(tokens.get(end).is_some_and(|token| token.is(",")))
}

/// The tokens that are compiled without tests.
pub(super) fn production<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let runs = test_runs(tokens);
    let is_out = |at: usize| runs.iter().any(|run| run.contains(&at));
    tokens.iter().enumerate().filter(|(at, _)| !is_out(*at)).map(|(_, token)| *token).collect()
}

/// How many lines of a file are compiled without tests; comments and blank ones count.
pub(super) fn production_lines(text: &str) -> usize {
    let tokens = tokens(text);
    let mut count = text.lines().count();
    for run in test_runs(&tokens) {
        let last = tokens[..run.end].last().map_or(0, |token| token.line);
        count -= last + 1 - tokens[run.start].line;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let tokens = tokens(text);
        production(&tokens).iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_no_tokens_and_texts_are_whole() {
        let text = "a::b // c\n/* d /* e */ f */ \"g \\\" // h\" r#\"i \" j\"# 'k' '\\'' 'l &'m n r#use 1.5";
        let expected = "a :: b \"g \\\" // h\" r#\"i \" j\"# 'k' '\\'' 'l & 'm n use 1 . 5";
        assert_eq!(words(text), expected);
        let lines: Vec<_> = tokens("a\n\"b\nc\" d").iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 2, 3]);
    }

    #[test]
    fn only_the_item_behind_its_attribute_is_of_tests() {
        for item in [
            "pub(crate) const ALL: [Self; 2] = [Self { a: 1 }, Self { a: 2 }];",
            "#[expect(dead_code)] fn f(a: u8, b: [u8; 2]) -> u8 { { a } }",
            "mod tests;",
            "mod tests { fn a() {} }",
            "use a::{b, c};",
            "impl A { fn b() {} }",
            "let a = b { c: 1 }.d();",
            "note: Vec::new(),",
            "Kind::A => { b() }",
            "self.used.push(a);",
        ] {
            assert_eq!(
                words(&format!("a(); #[cfg(test)] {item} b();")),
                "a ( ) ; b ( ) ;",
                "{item}"
            );
        }
        assert_eq!(words("struct A { b: u8, #[cfg(test)] c: u8 }"), "struct A { b : u8 , }");
        assert_eq!(words("#![cfg(test)]\nuse a;"), "");
        assert_eq!(words("#[cfg(not(test))] a;"), "# [ cfg ( not ( test ) ) ] a ;");
        assert_eq!(production_lines("a;\n#[cfg(test)]\nconst B: u8 = 1;\n\nc;\n"), 3);
    }
}
