//! Money: prepaid wallets, two-phase holds, an append-only chain of entries (protocol §8).
//!
//! An entry moves an amount from one account to another, so the books balance by construction;
//! each entry carries the digest of the one before it in its wallet, so none can be changed,
//! dropped or inserted unseen.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Millis;

/// Where an amount stands. Every app has its own `Free` and `Held`; the others are the house's
/// side of that app's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// Paid in from outside.
    Funding,
    /// Can be held.
    Free,
    /// Set aside for tasks under way.
    Held,
    /// Earned.
    Revenue,
}

impl Account {
    /// Every account.
    pub const ALL: [Self; 4] = [Self::Funding, Self::Free, Self::Held, Self::Revenue];

    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Funding => "funding",
            Self::Free => "free",
            Self::Held => "held",
            Self::Revenue => "revenue",
        }
    }
}

/// What an entry records; it decides the two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// Money came in.
    Topup,
    /// A task was admitted.
    Hold,
    /// A task ended and is paid.
    Capture,
    /// A task ended and is not paid.
    Release,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Topup, Self::Hold, Self::Capture, Self::Release];

    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Topup => "topup",
            Self::Hold => "hold",
            Self::Capture => "capture",
            Self::Release => "release",
        }
    }

    /// The kind of a word made by [`EntryKind::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// From which account to which the amount moves.
    #[must_use]
    pub const fn accounts(self) -> (Account, Account) {
        match self {
            Self::Topup => (Account::Funding, Account::Free),
            Self::Hold => (Account::Free, Account::Held),
            Self::Capture => (Account::Held, Account::Revenue),
            Self::Release => (Account::Held, Account::Free),
        }
    }
}

/// One movement in a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The wallet's app.
    pub app_id: String,
    /// 1, 2, 3 … within the wallet, without gaps.
    pub seq: i64,
    /// What it records.
    pub kind: EntryKind,
    /// In 分, positive (zero for a free task).
    pub amount_fen: i64,
    /// The task it belongs to; empty for a top-up.
    pub task_id: String,
    /// An operator's words; empty for others.
    pub note: String,
    /// When.
    pub at: Millis,
}

/// The digest before the first entry of a wallet.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Entry {
    /// The lower-hex SHA-256 over the previous digest and every field, each with its length, so
    /// that no two entries have the same input.
    #[must_use]
    pub fn hash(&self, previous: &str) -> String {
        let mut digest = Sha256::new();
        let numbers = [self.seq, self.amount_fen, self.at];
        for text in [previous, &self.app_id, self.kind.as_str(), &self.task_id, &self.note] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
        for number in numbers {
            digest.update(number.to_be_bytes());
        }
        hex::encode(digest.finalize())
    }
}

/// What a wallet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Can be held, in 分.
    pub free_fen: i64,
    /// Set aside, in 分.
    pub held_fen: i64,
    /// Captured so far, in 分.
    pub revenue_fen: i64,
    /// Paid in so far, in 分.
    pub funding_fen: i64,
}

/// An entry that a wallet cannot take: the account it would leave does not hold as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("account {account:?} holds {holds_fen} fen, entry moves {amount_fen}")]
pub struct Overdrawn {
    /// The account that is short.
    pub account: Account,
    /// What it holds.
    pub holds_fen: i64,
    /// What the entry would take from it.
    pub amount_fen: i64,
}

impl Balance {
    /// The balance after an entry of `kind` over `amount_fen`.
    ///
    /// # Errors
    /// [`Overdrawn`], and nothing has changed.
    pub const fn after(mut self, kind: EntryKind, amount_fen: i64) -> Result<Self, Overdrawn> {
        let (from, _) = kind.accounts();
        let holds_fen = match kind {
            EntryKind::Topup => i64::MAX,
            EntryKind::Hold => self.free_fen,
            EntryKind::Capture | EntryKind::Release => self.held_fen,
        };
        if amount_fen < 0 || amount_fen > holds_fen {
            return Err(Overdrawn { account: from, holds_fen, amount_fen });
        }
        match kind {
            EntryKind::Topup => {
                self.funding_fen += amount_fen;
                self.free_fen += amount_fen;
            }
            EntryKind::Hold => {
                self.free_fen -= amount_fen;
                self.held_fen += amount_fen;
            }
            EntryKind::Capture => {
                self.held_fen -= amount_fen;
                self.revenue_fen += amount_fen;
            }
            EntryKind::Release => {
                self.held_fen -= amount_fen;
                self.free_fen += amount_fen;
            }
        }
        Ok(self)
    }

    /// Whether nothing was made or lost: what came in is free, held or earned.
    #[must_use]
    pub const fn is_balanced(self) -> bool {
        self.funding_fen == self.free_fen + self.held_fen + self.revenue_fen
    }
}

/// `12.34` from 1234 分.
#[must_use]
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}
