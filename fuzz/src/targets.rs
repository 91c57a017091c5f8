//! The targets.

mod definition;
mod portal;
mod request;
mod signature;

use clap::ValueEnum;

/// Something that takes bytes of strangers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// The body of a call, by what it says it is.
    Request,
    /// Keys, signatures and other small texts of a call.
    Signature,
    /// A city's file.
    Definition,
    /// An answer of a portal in a run: HTML, JSON, scripts, pictures, in any charset.
    Portal,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 4] = [Self::Request, Self::Signature, Self::Definition, Self::Portal];

    /// The target's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Signature => "signature",
            Self::Definition => "definition",
            Self::Portal => "portal",
        }
    }

    /// Does with the bytes what the program would do.
    pub fn run(self, bytes: &[u8]) {
        match self {
            Self::Request => request::run(bytes),
            Self::Signature => signature::run(bytes),
            Self::Definition => definition::run(bytes),
            Self::Portal => portal::run(bytes),
        }
    }

    /// Inputs to begin with: plain ones, beside those that are kept in `corpus/`.
    #[must_use]
    pub fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Self::Request => request::seeds(),
            Self::Signature => signature::seeds(),
            Self::Definition => definition::seeds(),
            Self::Portal => portal::seeds(),
        }
    }
}

/// The first byte chooses among `count` things; the others are for it.
fn choose(bytes: &[u8], count: usize) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    (count > 0).then(|| (usize::from(*first) % count, rest))
}
