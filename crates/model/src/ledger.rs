//! Money: prepaid wallets, two-phase holds, an append-only chain of entries (protocol §8).
//!
//! An entry moves an amount from one account to another, so the books balance by construction;
//! each entry carries a keyed digest over itself and the one before it in its wallet, so none can be
//! changed, dropped or inserted by who has not the key. What is cut from the end is missed by a
//! [`Checkpoint`].

mod checkpoint;

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use checkpoint::{Checkpoint, WalletMark};

use crate::app::AppId;
use crate::clock::Millis;
use crate::task::TaskId;

/// Where an amount stands. Every app has its own `Free` and `Held`; the others are the operator's
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
    /// An operator gave back what a task was paid.
    Refund,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Topup, Self::Hold, Self::Capture, Self::Release, Self::Refund];

    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Topup => "topup",
            Self::Hold => "hold",
            Self::Capture => "capture",
            Self::Release => "release",
            Self::Refund => "refund",
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
            Self::Refund => (Account::Revenue, Account::Free),
        }
    }
}

/// One movement in a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The wallet's app.
    pub app_id: AppId,
    /// 1, 2, 3 … within the wallet, without gaps.
    pub seq: i64,
    /// What it records.
    pub kind: EntryKind,
    /// In 分, positive (zero for a free task).
    pub amount_fen: i64,
    /// The task it belongs to; `None` for a top-up.
    pub task_id: Option<TaskId>,
    /// An operator's words for a top-up or a refund; for a hold the rule by which a part is paid, for its
    /// resolution the code its task ended with. Older books have none for these.
    pub note: String,
    /// When.
    pub at: Millis,
}

/// The digest before the first entry of a wallet.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The key that signs the books of a deployment.
#[derive(Clone)]
pub struct BooksKey(Zeroizing<[u8; 32]>);

impl BooksKey {
    /// The key of 32 random bytes.
    #[must_use]
    pub const fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The lower-hex HMAC-SHA-256 over bytes, for one purpose.
    fn sign(&self, purpose: &str, bytes: &[u8]) -> String {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes a key of any length");
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(bytes);
        hex::encode(mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for BooksKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BooksKey(…)")
    }
}

impl Entry {
    /// The digest over the previous one and every field, under the key of the books: who has not the
    /// key can make none.
    #[must_use]
    pub fn hash(&self, key: &BooksKey, previous: &str) -> String {
        key.sign("entry", &self.bytes(previous))
    }

    /// The same without a key, as the first versions wrote it: anybody can make one.
    #[must_use]
    pub fn unsigned_hash(&self, previous: &str) -> String {
        hex::encode(Sha256::digest(self.bytes(previous)))
    }

    /// Every field and the previous digest, each with its length, so that no two entries have the
    /// same bytes. No task counts as an empty text.
    fn bytes(&self, previous: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let task_id = self.task_id.as_ref().map_or("", TaskId::as_str);
        for text in [previous, self.app_id.as_str(), self.kind.as_str(), task_id, &self.note] {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        for number in [self.seq, self.amount_fen, self.at] {
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }
}

/// What a wallet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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
    pub const fn after(self, kind: EntryKind, amount_fen: i64) -> Result<Self, Overdrawn> {
        let (account, _) = kind.accounts();
        let holds_fen = match kind {
            EntryKind::Topup => i64::MAX,
            EntryKind::Hold => self.free_fen,
            EntryKind::Capture | EntryKind::Release => self.held_fen,
            EntryKind::Refund => self.revenue_fen,
        };
        if amount_fen < 0 || amount_fen > holds_fen {
            return Err(Overdrawn { account, holds_fen, amount_fen });
        }
        Ok(self.moved(kind, amount_fen))
    }

    /// The balance after an amount was moved, whether or not there is as much.
    #[must_use]
    pub const fn moved(mut self, kind: EntryKind, amount_fen: i64) -> Self {
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
            EntryKind::Refund => {
                self.revenue_fen -= amount_fen;
                self.free_fen += amount_fen;
            }
        }
        self
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

/// The largest amount that anybody moves or is charged at once, in 分: a hundred billion yuan. Sums of
/// what one wallet ever sees stay far from what an integer holds.
pub const FEN_MAX: i64 = 10_000_000_000_000;

/// `12.34` in yuan as 分; `None` for anything else, for more than two places, so that nothing is
/// rounded, and for more than [`FEN_MAX`].
#[must_use]
pub fn fen_of(yuan: &str) -> Option<i64> {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, ""));
    let is_number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    let fits = !whole.is_empty() && is_number(whole) && is_number(part) && part.len() <= 2;
    let fen = fits.then(|| format!("{whole}{part:0<2}").parse().ok()).flatten();
    fen.filter(|fen| *fen <= FEN_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(seq: i64, kind: EntryKind, amount_fen: i64) -> Entry {
        let app_id = AppId::parse("a").unwrap();
        Entry { app_id, seq, kind, amount_fen, task_id: None, note: String::new(), at: 0 }
    }

    #[test]
    fn an_account_is_never_overdrawn() {
        let start = Balance::default().after(EntryKind::Topup, 100).unwrap();
        let held = start.after(EntryKind::Hold, 60).unwrap();
        assert!(held.after(EntryKind::Hold, 41).is_err());
        assert!(held.after(EntryKind::Capture, 61).is_err());
        assert!(held.after(EntryKind::Release, -1).is_err());
        let captured = held.after(EntryKind::Capture, 60).unwrap();
        let expected = Balance { free_fen: 40, held_fen: 0, revenue_fen: 60, funding_fen: 100 };
        assert_eq!(captured, expected);
        assert!(captured.after(EntryKind::Release, 1).is_err());
        assert!(captured.after(EntryKind::Refund, 61).is_err());
        let refunded = captured.after(EntryKind::Refund, 60).unwrap();
        assert_eq!(refunded, Balance { free_fen: 100, revenue_fen: 0, ..expected });
    }

    fn key(byte: u8) -> BooksKey {
        BooksKey::new(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn every_field_of_an_entry_is_in_its_hash_and_the_key_too() {
        let plain = entry(1, EntryKind::Hold, 300);
        let hash = plain.hash(&key(1), GENESIS);
        let changed = [
            Entry { app_id: AppId::parse("b").unwrap(), ..plain.clone() },
            Entry { seq: 2, ..plain.clone() },
            Entry { kind: EntryKind::Release, ..plain.clone() },
            Entry { amount_fen: 301, ..plain.clone() },
            Entry { task_id: Some(TaskId::from_random([1; 16])), ..plain.clone() },
            Entry { note: "t".to_owned(), ..plain.clone() },
            Entry { at: 1, ..plain.clone() },
        ];
        for other in &changed {
            assert_ne!(other.hash(&key(1), GENESIS), hash, "{other:?}");
            assert_ne!(other.unsigned_hash(GENESIS), plain.unsigned_hash(GENESIS), "{other:?}");
        }
        assert_ne!(plain.hash(&key(1), &hash), hash, "the one before it too");
        assert_ne!(plain.hash(&key(2), GENESIS), hash);
        assert_ne!(plain.unsigned_hash(GENESIS), hash);
    }

    #[test]
    fn amounts_in_yuan_are_exact() {
        let check = |text, expected| assert_eq!(fen_of(text), expected, "{text}");
        check("500", Some(50_000));
        check("500.5", Some(50_050));
        check("0.07", Some(7));
        check("1.234", None);
        check("-1", None);
        check("", None);
        check(".5", None);
        check("99999999999999999999", None);
    }

    #[test]
    fn yuan_has_two_places() {
        let check = |fen, text| assert_eq!(yuan(fen), text);
        check(0, "0.00");
        check(7, "0.07");
        check(123_456, "1234.56");
        check(-5, "-0.05");
        check(i64::MIN, "-92233720368547758.08");
    }

    proptest! {
        /// Whatever entries come in whatever order, nothing is made and nothing lost.
        #[test]
        fn any_sequence_keeps_the_books_balanced(
            moves in proptest::collection::vec((0usize..EntryKind::ALL.len(), -5i64..500), 0..200)
        ) {
            let mut balance = Balance::default();
            for (kind, amount) in moves {
                if let Ok(after) = balance.after(EntryKind::ALL[kind], amount) {
                    balance = after;
                }
                prop_assert!(balance.is_balanced());
                prop_assert!(balance.free_fen >= 0 && balance.held_fen >= 0 && balance.revenue_fen >= 0);
            }
        }
    }
}
