//! What the books were at an instant, signed, to be kept where who can write into the database
//! cannot: what is cut from the end of a wallet later is missed.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{Balance, BooksKey};
use crate::clock::Millis;

/// The version of what is signed.
const VERSION: u32 = 1;

/// Every wallet at an instant. Its JSON is the file that operators keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
    /// 1.
    version: u32,
    /// 0 is what was found when the books were begun; the others count from 1.
    pub number: i64,
    /// When, in milliseconds.
    pub at: Millis,
    /// Every wallet, by its app.
    pub wallets: Vec<WalletMark>,
    /// Under the key of the books.
    signature: String,
}

/// A wallet at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WalletMark {
    /// Its app.
    pub app: String,
    /// How many entries it had.
    pub entries: i64,
    /// The digest of the last one.
    pub head: String,
    /// What it held.
    pub balance: Balance,
}

impl Checkpoint {
    /// Signs wallets, which must be in the order of their apps.
    #[must_use]
    pub fn sign(key: &BooksKey, number: i64, at: Millis, wallets: Vec<WalletMark>) -> Self {
        let signature = String::new();
        let mut checkpoint = Self { version: VERSION, number, at, wallets, signature };
        checkpoint.signature = checkpoint.signature_under(key);
        checkpoint
    }

    /// Whether the key of these books signed it, and nothing of it was changed since.
    #[must_use]
    pub fn is_of(&self, key: &BooksKey) -> bool {
        self.version == VERSION
            && self.signature_under(key).as_bytes().ct_eq(self.signature.as_bytes()).into()
    }

    /// A wallet as it was.
    #[must_use]
    pub fn wallet(&self, app: &str) -> Option<&WalletMark> {
        let at = self.wallets.binary_search_by(|mark| mark.app.as_str().cmp(app)).ok()?;
        self.wallets.get(at)
    }

    fn signature_under(&self, key: &BooksKey) -> String {
        let mut bytes = Vec::new();
        let mut text = |text: &str| {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        };
        text(&format!("{} {} {} {}", self.version, self.number, self.at, self.wallets.len()));
        for WalletMark { app, entries, head, balance } in &self.wallets {
            let Balance { free_fen, held_fen, revenue_fen, funding_fen } = balance;
            text(app);
            text(head);
            text(&format!("{entries} {free_fen} {held_fen} {revenue_fen} {funding_fen}"));
        }
        key.sign("checkpoint", &bytes)
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn key(byte: u8) -> BooksKey {
        BooksKey::new(Zeroizing::new([byte; 32]))
    }

    fn checkpoint() -> Checkpoint {
        let mark = |app: &str, entries| {
            let balance = Balance { free_fen: 5, funding_fen: 5, ..Balance::default() };
            WalletMark { app: app.to_owned(), entries, head: "aa".to_owned(), balance }
        };
        Checkpoint::sign(&key(1), 7, 1_000, vec![mark("a", 3), mark("b", 4)])
    }

    #[test]
    fn a_checkpoint_is_of_its_key_and_survives_as_json() {
        let signed = checkpoint();
        assert!(signed.is_of(&key(1)) && !signed.is_of(&key(2)));
        let text = serde_json::to_string(&signed).unwrap();
        let read: Checkpoint = serde_json::from_str(&text).unwrap();
        assert_eq!((&read, read.is_of(&key(1))), (&signed, true));
        assert_eq!(read.wallet("b").map(|mark| mark.entries), Some(4));
        assert_eq!(read.wallet("c"), None);
    }

    #[test]
    fn every_field_of_a_checkpoint_is_signed() {
        let change = |change: fn(&mut Checkpoint)| {
            let mut changed = checkpoint();
            change(&mut changed);
            changed.is_of(&key(1))
        };
        assert!(change(|_| {}));
        let changes: [fn(&mut Checkpoint); 9] = [
            |c| c.number = 8,
            |c| c.at += 1,
            |c| drop(c.wallets.pop()),
            |c| c.wallets[0].app.push('a'),
            |c| c.wallets[0].entries = 2,
            |c| c.wallets[0].head.push('a'),
            |c| c.wallets[1].balance.free_fen += 1,
            |c| c.wallets[1].balance.funding_fen += 1,
            |c| c.version = 2,
        ];
        for (number, one) in changes.into_iter().enumerate() {
            assert!(!change(one), "change {number}");
        }
    }
}
