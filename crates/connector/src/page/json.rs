//! JSON as pages evaluate it, not only as the standard has it: raw line breaks and tabs in strings,
//! single quotes, bare keys, trailing commas, half surrogates.
//!
//! Numbers never pass through a float: one that is not a whole number of 64 bits stays the text that
//! it was, so that `2017.10` is not `2017.1` and an account keeps its last digit.

use std::{iter::Peekable, str::Chars};

use serde_json::{Map, Value as Json};

/// How deep values may stand in each other. Deeper ones are no data, but would take the stack.
const DEPTH_MAX: usize = 100;

/// The value that is the whole text; `None` when it is none.
pub(super) fn parse(text: &str) -> Option<Json> {
    let is_blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    let text = text.trim_matches(is_blank).trim_end_matches(';').trim_end();
    let first = text.chars().next()?;
    if !matches!(first, '{' | '[' | '"' | '\'' | '-' | '0'..='9' | 't' | 'f' | 'n') {
        return None;
    }
    let mut parser = Parser { chars: text.chars().peekable() };
    let value = parser.value(0)?;
    parser.skip_blanks();
    parser.chars.next().is_none().then_some(value)
}

struct Parser<'t> {
    chars: Peekable<Chars<'t>>,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        while self.chars.next_if(|c| c.is_whitespace() || *c == '\u{feff}').is_some() {}
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        self.chars.next_if_eq(&wanted).map(drop)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.skip_blanks();
        match *self.chars.peek()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            quote @ ('"' | '\'') => self.string(quote).map(Json::String),
            '-' | '+' | '.' | '0'..='9' => self.number(),
            _ => match self.word().as_str() {
                "true" => Some(Json::Bool(true)),
                "false" => Some(Json::Bool(false)),
                "null" | "undefined" | "NaN" => Some(Json::Null),
                _ => None,
            },
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.take('{')?;
        let mut map = Map::new();
        loop {
            self.skip_blanks();
            if self.take('}').is_some() {
                return Some(Json::Object(map));
            }
            let key = match *self.chars.peek()? {
                quote @ ('"' | '\'') => self.string(quote)?,
                _ => Some(self.word()).filter(|word| !word.is_empty())?,
            };
            self.skip_blanks();
            self.take(':')?;
            let value = self.value(depth + 1)?;
            map.insert(key, value);
            self.skip_blanks();
            if self.take(',').is_none() {
                self.take('}')?;
                return Some(Json::Object(map));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.take('[')?;
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.take(']').is_some() {
                return Some(Json::Array(items));
            }
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            if self.take(',').is_none() {
                self.take(']')?;
                return Some(Json::Array(items));
            }
        }
    }

    /// A bare key or a word.
    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
            word.push(c);
        }
        word
    }

    fn string(&mut self, quote: char) -> Option<String> {
        self.take(quote)?;
        let mut text = String::new();
        loop {
            match self.chars.next()? {
                c if c == quote => return Some(text),
                '\\' => self.escape(&mut text)?,
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        match self.chars.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'u' => {
                let unit = self.hex(4)?;
                let character = match unit {
                    0xd800..=0xdbff => self.low_surrogate(unit),
                    unit => char::from_u32(unit),
                };
                text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            'x' => text.push(self.hex(2).and_then(char::from_u32)?),
            // A line break that continues the string on the next line.
            '\n' => {}
            c => text.push(c),
        }
        Some(())
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |value, _| Some(value * 16 + self.chars.next()?.to_digit(16)?))
    }

    /// The character of a surrogate pair; half of one is no character, and takes nothing behind it.
    fn low_surrogate(&mut self, high: u32) -> Option<char> {
        let mut ahead = self.chars.clone();
        if ahead.next() != Some('\\') || ahead.next() != Some('u') {
            return None;
        }
        let low = (0..4).try_fold(0, |value, _| Some(value * 16 + ahead.next()?.to_digit(16)?))?;
        if !(0xdc00..=0xdfff).contains(&low) {
            return None;
        }
        self.chars = ahead;
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    fn number(&mut self) -> Option<Json> {
        let mut text = String::new();
        while let Some(c) =
            self.chars.next_if(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'))
        {
            text.push(c);
        }
        if !text.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Some(Json::from(number)),
            _ => Some(Json::String(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn what_pages_evaluate_is_read() {
        let good = Some(json!({ "a": "x", "b": [1, true, null] }));
        for text in [
            r#"{"a":"x","b":[1,true,null]}"#,
            "\u{feff}\r\n {'a':'x','b':[1,true,null],};",
            "{a:'x', b:[1,true,undefined,]}",
        ] {
            assert_eq!(parse(text), good, "{text}");
        }
        let check = |text: &str, expect: &str| {
            assert_eq!(parse(text), Some(json!({ "a": expect })), "{text}");
        };
        check("{\"a\":\"x\ty\nz\"}", "x\ty\nz");
        check(r#"{"a":"\ud842\udfb7\u00b7"}"#, "𠮷·");
        check(r#"{"a":"\ud842\u7532"}"#, "\u{fffd}甲");
        check(r#"{"a":"\'\/\x41"}"#, "'/A");
        check(r#"{"a":2017.10}"#, "2017.10");
        check(r#"{"a":12345678901234567890123}"#, "12345678901234567890123");
        check(r#"{"a":007}"#, "007");
        assert_eq!(parse("['success']"), Some(json!(["success"])));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "success", "<html>", "{", "[1", "{\"a\" 1}", "{}{}", "{\"a\":b}", "1 2"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(20_000)), None);
    }
}
