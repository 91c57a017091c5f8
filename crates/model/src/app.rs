//! Apps: who may call, for what, in which dialect (P-03, P-12, P-23, protocol §3, §9).

mod switch;

pub use switch::{Switch, SwitchKind};

use crate::api_key::KeyMode;
use crate::networks::Networks;
use crate::product::{PerProduct, Product};
use crate::report::Dialect;

/// The key of an app, `appId` on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(String);

impl AppId {
    /// The longest id, in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Takes printable ASCII without blanks; anything else is no app's id, and neither are dots alone, which
    /// are no part of an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::BYTES_MAX).contains(&text.len());
        let is_name = text.bytes().all(|b| b.is_ascii_graphic()) && text.bytes().any(|b| b != b'.');
        (fits && is_name).then(|| Self(text.to_owned()))
    }

    /// The id as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AppId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an app may use a product's interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// It may.
    Active,
    /// It might, but an operator paused it (status 8).
    Paused,
}

impl Grant {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }

    /// The grant of a word made by [`Grant::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Paused].into_iter().find(|grant| grant.as_str() == word)
    }
}

/// Where and how an app is called back for one product (protocol §9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackAddress {
    /// Where to post.
    pub url: String,
}

/// An app as the rest of the program sees it; its tokenId is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its key.
    pub id: AppId,
    /// What an operator calls it.
    pub name: String,
    /// How it hears values (protocol §3).
    pub dialect: Dialect,
    /// Accepts the fund document's short signature for fundUserCode (P-12).
    pub has_legacy_code_signature: bool,
    /// Must sign with `X-Fiveone-Signature` (P-14); its tokenKey alone is refused.
    pub requires_signature: bool,
    /// May use employers' logins (P-23).
    pub has_employer_grant: bool,
    /// Its grants; `None` is no grant (status 7).
    pub grants: PerProduct<Option<Grant>>,
    /// Where it is called back; `None` is nowhere.
    pub callbacks: PerProduct<Option<CallbackAddress>>,
    /// Where it hears of its links; `None` is nowhere.
    pub link_events: Option<CallbackAddress>,
    /// Also call back when a challenge opens (codes 10003 and 10004).
    pub wants_challenge_callbacks: bool,
    /// Its polls have a question as data beside the picture, and its codes answer that (P-53).
    pub wants_challenges: bool,
    /// Its reports tell what could not be read (P-47).
    pub wants_findings: bool,
    /// Only HTTP 201 acknowledges a callback; else any 2xx does.
    pub acknowledges_by_201: bool,
    /// Calls a second it may make before it gets status 10.
    pub calls_per_second: u32,
    /// Tasks it may have that have not ended, before a create gets status 10.
    pub open_tasks_max: u32,
    /// Its tasks of an hour that may end for what was typed, and cost nothing, before a create gets status
    /// 10: refusals are not to be had for nothing without end.
    pub unpaid_per_hour_max: u32,
    /// Where it may call from.
    pub allowed_networks: Networks,
    /// Reaches the simulated portals of the model city and nothing else; its tasks cost nothing.
    pub is_test: bool,
}

impl App {
    /// An app with nothing granted and every switch at its default.
    #[must_use]
    pub fn new(id: AppId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            dialect: Dialect::Table,
            has_legacy_code_signature: false,
            requires_signature: false,
            has_employer_grant: false,
            grants: PerProduct::default(),
            callbacks: PerProduct::default(),
            link_events: None,
            wants_challenge_callbacks: false,
            wants_challenges: false,
            wants_findings: false,
            acknowledges_by_201: false,
            calls_per_second: 1_000,
            open_tasks_max: 10_000,
            unpaid_per_hour_max: 1_000,
            allowed_networks: Networks::default(),
            is_test: false,
        }
    }

    /// The same app with both products granted.
    #[must_use]
    pub fn with_all_grants(self) -> Self {
        Self { grants: PerProduct::from_fn(|_| Some(Grant::Active)), ..self }
    }

    /// What its calls reach that no key says more of.
    #[must_use]
    pub const fn mode(&self) -> KeyMode {
        if self.is_test { KeyMode::Test } else { KeyMode::Live }
    }

    /// Its grant for a product.
    #[must_use]
    pub const fn grant(&self, product: Product) -> Option<Grant> {
        *self.grants.get(product)
    }

    /// Its callback address for a product.
    #[must_use]
    pub const fn callback(&self, product: Product) -> Option<&CallbackAddress> {
        self.callbacks.get(product).as_ref()
    }
}
