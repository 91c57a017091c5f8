//! Where in a definition a node stands, as far as it decides how two nodes meet and whether a block may
//! stand there. A word means something only in its place: `with` beside `steps` is an order, in a form
//! it is the name of a field.

/// What a node is by the keys that lead to it. A list and its elements are of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The whole file.
    File,
    /// Login methods, which meet by their `type`.
    Logins,
    /// `sections` or `lists`: sections by name.
    Sections,
    /// A section, a list, or a part of a loan.
    Section,
    /// `parts` of loans.
    Parts,
    /// Steps, which meet by their `id`.
    Steps,
    /// Loops.
    Loops,
    /// What ends a loop over pages.
    Pager,
    /// Sources of a record.
    Sources,
    /// Rows.
    Rows,
    /// `blocks`: parts of sections by name.
    Blocks,
    /// A part of a section; where it is used tells of which kind.
    Block,
    /// Captures by name.
    Captures,
    /// One capture: it has one source, so another replaces it as a whole.
    Capture,
    /// The values of a `set` step, which are worked out in order: new ones stand last.
    Values,
    /// A map of the portal's keys: `~` there says that a key is known.
    Keys,
    /// Anything else: maps key by key, lists as a whole.
    Other,
}

impl Place {
    /// The place of a key's value.
    pub(super) fn inside(self, key: &str) -> Self {
        match self {
            Self::File => match key {
                "login" => Self::Logins,
                "sections" | "lists" => Self::Sections,
                "blocks" => Self::Blocks,
                _ => Self::Other,
            },
            Self::Logins => {
                if key == "steps" {
                    Self::Steps
                } else {
                    Self::Other
                }
            }
            Self::Sections | Self::Parts => Self::Section,
            Self::Section => match key {
                "before" | "steps" => Self::Steps,
                "each" => Self::Loops,
                "record" => Self::Sources,
                "rows" => Self::Rows,
                "parts" => Self::Parts,
                _ => Self::Other,
            },
            Self::Steps => match key {
                "capture" => Self::Captures,
                "picture" => Self::Capture,
                "set" => Self::Values,
                _ => Self::Other,
            },
            Self::Loops => {
                if key == "page" {
                    Self::Pager
                } else {
                    Self::Other
                }
            }
            Self::Pager => match key {
                "total" | "pages" | "next" => Self::Capture,
                _ => Self::Other,
            },
            Self::Sources | Self::Rows => {
                if key == "map" {
                    Self::Keys
                } else {
                    Self::Other
                }
            }
            Self::Blocks => Self::Block,
            Self::Block => [Self::Section, Self::Steps, Self::Loops, Self::Pager, Self::Rows]
                .map(|kind| kind.inside(key))
                .into_iter()
                .find(|inner| *inner != Self::Other)
                .unwrap_or(Self::Other),
            Self::Captures => Self::Capture,
            Self::Capture | Self::Values | Self::Keys | Self::Other => Self::Other,
        }
    }

    /// Whether `like` and `with` are orders here.
    pub(super) const fn may_be_like(self) -> bool {
        matches!(
            self,
            Self::Section | Self::Steps | Self::Loops | Self::Pager | Self::Sources | Self::Rows
        )
    }
}
