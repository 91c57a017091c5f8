//! The simulated cities: where each one is mounted, how a person logs in and what it shows. Facts only;
//! the pages are in the family files.

use crate::traits::Traits;

/// The two products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    Fund,
    Insurance,
}

impl Product {
    /// The word used in addresses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fund => "fund",
            Self::Insurance => "insurance",
        }
    }
}

/// Whether and how a city asks for a picture code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pictures {
    None,
    Letters,
    Sum,
    /// Only after a refused login, as the answer then says.
    AfterFailure,
}

/// One way to log in: its number, its name and the fields a client sends, without the password.
pub(crate) type Way = (&'static str, &'static str, &'static [&'static str]);

/// One simulated portal.
#[derive(Debug)]
pub(crate) struct City {
    /// Its place in the list; part of its people's identity numbers.
    pub(crate) number: u64,
    pub(crate) product: Product,
    pub(crate) area: &'static str,
    pub(crate) name: &'static str,
    /// What follows `/product/area` in the base address.
    pub(crate) path: &'static str,
    pub(crate) pictures: Pictures,
    pub(crate) ways: &'static [Way],
    /// Sections that come with one request each, in the order of the documents.
    pub(crate) groups: &'static [&'static [&'static str]],
    /// Rows a page of its row lists.
    pub(crate) page_rows: usize,
    /// Months of history it keeps at most.
    pub(crate) months_kept: usize,
    /// Whether some data is read by GET (then `flaky` makes sense).
    pub(crate) reads_by_get: bool,
    /// Whether it speaks GBK.
    pub(crate) is_gbk: bool,
    /// Whether it shows several accounts of one person.
    pub(crate) has_accounts: bool,
    /// Whether it tells that somebody is logged in already, and can be forced.
    pub(crate) has_force: bool,
    /// Whether the page of the base record is what a login is known by.
    pub(crate) has_base_as_hall: bool,
    /// Whether it complains about the form of what was typed.
    pub(crate) has_format: bool,
    /// Whether it may want an SMS code after the password.
    pub(crate) has_sms: bool,
    /// What strangers of this portal can differ in.
    pub(crate) traits: Traits,
}

impl City {
    /// Whether it is the model city, which shows all that the lab can.
    pub(crate) fn is_model(&self) -> bool {
        self.area == "990000"
    }

    /// `fund/210300`.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.product.word(), self.area)
    }

    /// `/fund/210300`.
    pub(crate) fn mount(&self) -> String {
        format!("/{}/{}", self.product.word(), self.area)
    }

    /// The sections of the last request, which the section-breaking behaviours hit.
    pub(crate) fn last_group(&self) -> &'static [&'static str] {
        self.groups.last().copied().unwrap_or(&[])
    }

    /// Every section but the base.
    pub(crate) fn row_sections(&self) -> Vec<&'static str> {
        self.groups
            .iter()
            .flat_map(|group| group.iter())
            .copied()
            .filter(|s| *s != "baseInfo")
            .collect()
    }
}
