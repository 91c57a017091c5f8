//! Text as a reader of the page sees it: blanks folded, and compared without them.

/// Characters that nobody sees: `5,&#8203;000.00` is one number.
pub(crate) const fn has_no_width(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// What counts as a blank: white space of every kind, and characters of no width.
pub(crate) fn is_blank_char(c: char) -> bool {
    c.is_whitespace() || has_no_width(c)
}

/// Text with all kinds of blanks made one, and none at the ends.
pub(crate) fn clean_text(text: &str) -> String {
    // Most texts are.
    if !text.contains(is_blank_char) {
        return text.to_owned();
    }
    let mut folded = Folded::default();
    folded.push(text);
    folded.0.truncate(folded.0.trim_end().len());
    folded.0
}

/// Text without any blank, for comparing.
pub(crate) fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !is_blank_char(*c)).collect()
}

/// A full-width form of an ASCII character as that character.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    }
}

/// Text whose blanks are folded as it grows, so that parts of it are as clean as the whole.
#[derive(Debug, Default)]
pub(super) struct Folded(String);

impl Folded {
    pub(super) fn push(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.gap();
            } else if !has_no_width(c) {
                self.0.push(c);
            }
        }
    }

    /// A blank, where none is.
    pub(super) fn gap(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with(' ') {
            self.0.push(' ');
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// What has come since it was so long.
    pub(super) fn since(&self, start: usize) -> &str {
        self.0[start..].trim()
    }
}
