//! How an app may have the person's page look: in light or in dark, and with a colour of its own where it
//! can be seen. Nothing else of the page is an app's to say.

/// Which light the page is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the person's device says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// The word in tables and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What a word made by [`Theme::as_str`] says.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word)
    }

    /// The colours of the cards that a button may stand on.
    const fn cards(self) -> &'static [Colour] {
        match self {
            Self::Auto => &[LIGHT_CARD, DARK_CARD],
            Self::Light => &[LIGHT_CARD],
            Self::Dark => &[DARK_CARD],
        }
    }
}

/// `--card` of `link.css`, in light and in dark.
const LIGHT_CARD: Colour = Colour([0xff, 0xff, 0xff]);
const DARK_CARD: Colour = Colour([0x1e, 0x23, 0x29]);
const BLACK: Colour = Colour([0, 0, 0]);

/// What a part of the page must differ from what is around it, to be seen (WCAG 2.2, 1.4.11).
const SEEN: f64 = 3.0;

/// A colour: red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// The colour of `#rrggbb`; nothing else is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// How light it is, from 0 to 1, as WCAG counts it.
    #[expect(clippy::float_arithmetic, reason = "light is measured, and is no money")]
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126f64.mul_add(red, 0.7152f64.mul_add(green, 0.0722 * blue))
    }

    /// How much two differ, from 1 to 21.
    #[expect(clippy::float_arithmetic, reason = "light is measured, and is no money")]
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(two) / one.min(two)
    }

    /// Whether a button of this colour is seen on the page.
    #[must_use]
    pub fn is_seen_in(self, theme: Theme) -> bool {
        theme.cards().iter().all(|card| self.contrast(*card) >= SEEN)
    }

    /// The colour of words upon it: black or white, whichever differs more; one of them always does by
    /// more than the 4.5 that words need.
    #[must_use]
    pub fn words(self) -> Self {
        if self.contrast(BLACK) > self.contrast(LIGHT_CARD) { BLACK } else { LIGHT_CARD }
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn a_colour_is_six_digits_and_nothing_else() {
        assert_eq!(colour("#0B5fc4").to_string(), "#0b5fc4");
        for other in ["", "#fff", "0b5fc4", "#0b5fc", "#0b5fc4;}", "red", "#é123", "#+12345"] {
            assert_eq!(Colour::parse(other), None, "{other}");
        }
        for theme in Theme::ALL {
            assert_eq!(Theme::parse(theme.as_str()), Some(theme));
        }
        assert_eq!(Theme::parse("blue"), None);
    }

    #[test]
    fn what_cannot_be_seen_is_found_and_words_can_be_read_on_any() {
        for (text, seen) in [
            ("#ffffff", [false, false, true]),
            ("#000000", [false, true, false]),
            ("#0b5fc4", [false, true, false]),
            ("#d32f2f", [true, true, true]),
            ("#ffd400", [false, false, true]),
        ] {
            let told = Theme::ALL.map(|theme| colour(text).is_seen_in(theme));
            assert_eq!(told, seen, "{text}: auto, light, dark");
        }
        let grey = colour("#777777").contrast(LIGHT_CARD);
        assert!((4.47..4.49).contains(&grey), "{grey}");
        for red in 0..=255 {
            for green in (0..=255).step_by(5) {
                let one = Colour([red, green, 0x40]);
                assert!(one.contrast(one.words()) >= 4.5, "{one}");
            }
        }
    }
}
