//! Strangers: portals of a family that somebody else might have written from the same facts. A seed
//! decides, for each city, which of the named dimensions differ from the plain portal and how.
//! The dimensions and where each is known from stand in `dimensions`; carrying them out is shared by
//! the families as far as it can be (`lines`, `grid`, `window`, `notation`, `spelling`, `dress`).

mod dimensions;

pub(crate) use dimensions::{DIMENSIONS, Dimension, Entry};

use crate::city::City;
use crate::rng::Rng;

/// Of so many strangers one differs in a given dimension, so that most faults stand alone.
const ONE_IN: usize = 12;
const DIMENSIONS_MAX: usize = 64;

/// A seed for strangers, and perhaps the only dimensions in which they may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stranger {
    /// What every choice follows from.
    pub seed: u64,
    /// One bit for each dimension that is on, instead of what the seed would draw.
    only: Option<u64>,
    /// Whether keys are there that would be absent.
    is_whole: bool,
}

impl Stranger {
    /// The stranger of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, only: None, is_whole: false }
    }

    /// The same seed with these dimensions on and no other; nothing when a name is unknown.
    #[must_use]
    pub fn with_only(self, names: &[&str]) -> Option<Self> {
        let mut bits = 0;
        for name in names {
            bits |= 1 << DIMENSIONS.iter().position(|entry| entry.name == *name)?;
        }
        Some(Self { only: Some(bits), ..self })
    }

    /// The same with all its keys: what the truth would be if none were absent.
    #[must_use]
    pub(crate) fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// Reads `7` or `7:pager,notice`, as the address of a stranger has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((seed, names)) = text.split_once(':') else {
            return text.parse().ok().map(Self::new);
        };
        let names: Vec<&str> = names.split(',').filter(|name| !name.is_empty()).collect();
        Self::new(seed.parse().ok()?).with_only(&names)
    }

    /// The word in the address of this stranger.
    #[must_use]
    pub fn word(self) -> String {
        let Some(bits) = self.only else { return self.seed.to_string() };
        let names: Vec<&str> = DIMENSIONS
            .iter()
            .enumerate()
            .filter(|(place, _)| bits >> place & 1 == 1)
            .map(|(_, entry)| entry.name)
            .collect();
        format!("{}:{}", self.seed, names.join(","))
    }
}

/// What was drawn for one city: for each dimension nothing, or which of its variants.
#[derive(Debug, Clone)]
pub(crate) struct Vary {
    seed: u64,
    drawn: [Option<u8>; DIMENSIONS_MAX],
}

impl Vary {
    /// Draws each dimension on its own; nothing at all for the plain portal.
    pub(crate) fn draw(stranger: Option<Stranger>, city: &City) -> Self {
        let mut drawn = [None; DIMENSIONS_MAX];
        let Some(stranger) = stranger else { return Self { seed: 0, drawn } };
        let seed = Rng::new(&[stranger.seed, city.number]).draw();
        for (place, entry) in DIMENSIONS.iter().enumerate() {
            let number = u64::try_from(place).unwrap_or(0);
            let mut rng = Rng::new(&[seed, number, 7]);
            let is_wanted = match stranger.only {
                Some(bits) => bits >> place & 1 == 1,
                None => rng.one_in(ONE_IN * entry.rarer),
            };
            let is_wanted =
                is_wanted && !(stranger.is_whole && entry.dimension == Dimension::Absent);
            if is_wanted && entry.fits(city) {
                let variant = Rng::new(&[seed, number, 8]).below(entry.variants);
                drawn[place] = u8::try_from(variant).ok();
            }
        }
        Self { seed, drawn }
    }

    /// Whether the portal differs in this dimension.
    pub(crate) fn has(&self, dimension: Dimension) -> bool {
        self.variant(dimension).is_some()
    }

    /// Which variant of the dimension it is.
    pub(crate) fn variant(&self, dimension: Dimension) -> Option<usize> {
        self.drawn[dimension as usize].map(usize::from)
    }

    /// Random numbers that depend on the stranger and on a name only, so that the same label or key is
    /// treated alike wherever it stands.
    pub(crate) fn rng(&self, dimension: Dimension, name: &str) -> Rng {
        let name = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Rng::new(&[self.seed, dimension as u64, name])
    }

    /// The names of what was drawn.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        DIMENSIONS
            .iter()
            .filter(|entry| self.has(entry.dimension))
            .map(|entry| entry.name)
            .collect()
    }
}

#[cfg(test)]
mod tests;
