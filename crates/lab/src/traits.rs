//! What a portal has, so that strangers can differ in it.

/// What a portal has, so that a dimension has something to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trait {
    /// Anything.
    Any,
    /// Records made of facts that can be arranged anew.
    Facts,
    /// Labels in HTML, in the base page or above rows.
    Labels,
    /// Keys with another known name.
    Aliases,
    /// Rows in an HTML table.
    Table,
    /// JSON answers with data.
    Json,
    /// A base record in JSON that stands in one of two places.
    Record,
    /// A list that comes in pages.
    Pages,
    /// A list in JSON with its total.
    Total,
    /// Rows that are asked for by a year, a month or a range of days.
    Range,
    /// Rows that name an account or a person.
    Owned,
    /// Rows that name their insurance.
    Kinds,
    /// Several accounts of a person, each with its rows.
    Accounts,
    /// Several persons behind a login.
    Persons,
    /// Ratios in the base page.
    Ratio,
    /// Amounts without a side of their own: the words of the row decide.
    Worded,
    /// A picture code.
    Picture,
    /// A login that ends in a redirect.
    Redirect,
    /// A refusal shown on a page, and not as a word or in JSON.
    RefusalPage,
    /// Answers in the frame of the TA3 vendor.
    Frame,
    /// A pager in words.
    Pager,
    /// Pages that can be turned by a form of their own.
    FormPager,
    /// Days are shown.
    Day,
    /// Words of its own for a refusal, and not a fixed token.
    RefusalWords,
    /// Loans, which not every portal of its family has.
    Loans,
}

/// What a portal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traits(u32);

impl Traits {
    /// Nothing but what every portal has.
    pub(crate) const NONE: Self = Self(0);

    /// Facts, these, and no other.
    pub(crate) const fn of(traits: &[Trait]) -> Self {
        let (mut bits, mut place) = (1 << Trait::Facts as u32, 0);
        while place < traits.len() {
            bits |= 1 << traits[place] as u32;
            place += 1;
        }
        Self(bits)
    }

    /// One more.
    pub(crate) const fn and(self, one: Trait) -> Self {
        Self(self.0 | 1 << one as u32)
    }

    /// Whether it has this.
    pub(crate) fn has(self, one: Trait) -> bool {
        one == Trait::Any || self.0 >> one as u32 & 1 == 1
    }
}
