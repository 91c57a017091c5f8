//! Proving the books: every wallet recomputed from its entries, every entry compared with its hold and
//! its task, and both with what checkpoints say was there. Pages of entries are read in one state of
//! the database, so books that grow meanwhile are no finding, and no wallet is too long.

mod line;

use std::collections::BTreeSet;
use std::fmt;

use fiveone_model::ledger::{Balance, BooksKey, Checkpoint, Entry, GENESIS, WalletMark};

use self::line::Line;
use super::balance;
use crate::db::{Db, Tx, args};
use crate::{Error, Reader};

/// Entries read at once.
const PAGE: i64 = 1_000;
/// Findings told of one wallet, and of one kind of stray row.
const TOLD_MAX: usize = 20;

/// What is wrong with the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFinding {
    /// The wallet's app, as it stands in the table; `None` when it is no wallet's.
    pub app_id: Option<String>,
    /// The number of the bad entry, where there is one.
    pub entry: Option<i64>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for LedgerFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(app) = &self.app_id {
            write!(f, "{app}: ")?;
        }
        if let Some(entry) = self.entry {
            write!(f, "entry {entry}: ")?;
        }
        f.write_str(&self.what)
    }
}

/// What [`Reader::verify_ledger`] has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerReport {
    /// Wallets recomputed.
    pub wallets: u64,
    /// Entries recomputed.
    pub entries: u64,
    /// Entries of an earlier version, which were signed together when the books were begun.
    pub adopted: u64,
    /// Whether signatures were checked; else there was no key.
    pub is_signed: bool,
    /// Checkpoints that were compared, those that were given included.
    pub checkpoints: u64,
    /// Holds compared with their task and their entries.
    pub holds: u64,
    /// Holds that are open now, with tasks under way.
    pub open_holds: u64,
    /// What is wrong, for each wallet in the order of its entries; empty is clean.
    pub findings: Vec<LedgerFinding>,
}

/// A checkpoint, and what it is called.
type Named = (String, Checkpoint);

/// What the books are compared with.
struct Against<'a> {
    key: Option<&'a BooksKey>,
    /// What was there before the key was.
    first: Option<Checkpoint>,
    later: Vec<Named>,
}

impl Reader {
    /// Recomputes every wallet from its entries, compares each entry with its hold and its task, and
    /// all with the kept checkpoints and those given. Without the key of the books
    /// ([`crate::Store::open_books`]) no signature is checked.
    ///
    /// # Errors
    /// The database failed; whatever is wrong with the books is in the report instead.
    pub async fn verify_ledger(&self, given: &[Checkpoint]) -> Result<LedgerReport, Error> {
        let mut report = LedgerReport::default();
        let against = self.against(given, &mut report).await?;
        report.is_signed = against.key.is_some();
        for app in self.wallets(&against).await? {
            let mut tx = self.db.begin_reading().await?;
            let mut wallet = Wallet::new(app, &against);
            wallet.verify(&mut tx).await?;
            report.wallets += u64::from(wallet.is_there);
            report.entries += wallet.entries;
            report.adopted += wallet.adopted.unsigned_abs().min(wallet.entries);
            let untold = wallet.untold;
            report.findings.append(&mut wallet.findings);
            if untold > 0 {
                let what = format!("{untold} more findings");
                report.findings.push(LedgerFinding { app_id: Some(wallet.app), entry: None, what });
            }
        }
        count_holds(&self.db, &mut report).await?;
        find_strays(&self.db, &mut report).await?;
        Ok(report)
    }

    /// What is kept beside the books, and what was given; what is not signed by the key of the books
    /// is a finding and compared with nothing.
    async fn against<'a>(
        &'a self,
        given: &[Checkpoint],
        report: &mut LedgerReport,
    ) -> Result<Against<'a>, Error> {
        let mut find = |what: String| {
            report.findings.push(LedgerFinding { app_id: None, entry: None, what });
        };
        let key = self.books.maybe_key();
        let sql = "select number, signed from checkpoint
                   where number = 0 or number = (select max(number) from checkpoint)
                   order by number";
        let mut named = Vec::new();
        for row in self.db.fetch_all(sql, &[]).await? {
            let number = row.int(0)?;
            let kept = serde_json::from_str::<Checkpoint>(&row.text(1)?).ok();
            match kept.filter(|kept| kept.number == number) {
                Some(kept) => named.push((format!("checkpoint {number}"), kept)),
                None => find(format!("checkpoint {number} cannot be read")),
            }
        }
        for one in given {
            named.push((format!("the given checkpoint {}", one.number), one.clone()));
        }
        let mut against = Against { key, first: None, later: Vec::new() };
        for (name, checkpoint) in named {
            report.checkpoints += 1;
            if key.is_some_and(|key| !checkpoint.is_of(key)) {
                find(format!("{name} was not signed by the key of these books, or was changed"));
            } else if checkpoint.number == 0 && against.first.is_none() {
                against.first = Some(checkpoint);
            } else {
                against.later.push((name, checkpoint));
            }
        }
        if key.is_some() && against.first.is_none() {
            find("the first checkpoint is missing".to_owned());
        }
        Ok(against)
    }

    /// The apps of all wallets that are there or that a checkpoint names.
    async fn wallets(&self, against: &Against<'_>) -> Result<BTreeSet<String>, Error> {
        let rows = self.db.fetch_all("select app_id from wallet", &[]).await?;
        let mut apps = rows.iter().map(|row| row.text(0)).collect::<Result<BTreeSet<_>, _>>()?;
        let checkpoints = against.first.iter().chain(against.later.iter().map(|(_, one)| one));
        apps.extend(checkpoints.flat_map(|one| one.wallets.iter().map(|mark| mark.app.clone())));
        Ok(apps)
    }
}

/// One wallet while its entries are gone through.
struct Wallet<'a> {
    app: String,
    key: Option<&'a BooksKey>,
    /// How many entries may lack a signature.
    adopted: i64,
    /// What it was at the instants of checkpoints.
    marks: Vec<(String, WalletMark)>,
    is_there: bool,
    entries: u64,
    seq: i64,
    hash: String,
    sum: Balance,
    findings: Vec<LedgerFinding>,
    untold: usize,
}

impl<'a> Wallet<'a> {
    fn new(app: String, against: &Against<'a>) -> Self {
        let first = against.first.as_ref().and_then(|first| first.wallet(&app));
        let named = first.map(|mark| ("checkpoint 0".to_owned(), mark.clone()));
        let later = against.later.iter().filter_map(|(name, checkpoint)| {
            checkpoint.wallet(&app).map(|mark| (name.clone(), mark.clone()))
        });
        Self {
            key: against.key,
            adopted: first.map_or(0, |mark| mark.entries),
            marks: named.into_iter().chain(later).filter(|(_, mark)| mark.entries > 0).collect(),
            is_there: false,
            entries: 0,
            seq: 0,
            hash: GENESIS.to_owned(),
            sum: Balance::default(),
            findings: Vec::new(),
            untold: 0,
            app,
        }
    }

    fn find(&mut self, entry: Option<i64>, what: String) {
        if self.findings.len() < TOLD_MAX {
            self.findings.push(LedgerFinding { app_id: Some(self.app.clone()), entry, what });
        } else {
            self.untold += 1;
        }
    }

    async fn verify(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let row = tx
            .fetch_one(
                "select entry_seq, head_hash, free_fen, held_fen, revenue_fen, funding_fen
                 from wallet
                 where app_id = $1",
                args![&self.app],
            )
            .await?;
        self.is_there = row.is_some();
        loop {
            let lines = line::page(tx, &self.app, self.seq, PAGE).await?;
            if lines.is_empty() {
                break;
            }
            for line in lines {
                self.take(line);
            }
        }
        for (name, mark) in std::mem::take(&mut self.marks) {
            let (first, last) = (self.seq + 1, mark.entries);
            self.find(Some(first), format!("missing; {name} has seen entries up to {last}"));
        }
        let Some(row) = row else {
            self.find(None, "its wallet is missing".to_owned());
            return Ok(());
        };
        let (last_seq, stored) = (row.int(0)?, balance(&row, 2)?);
        if self.seq < last_seq {
            self.find(Some(self.seq + 1), format!("missing; the wallet counts {last_seq}"));
        } else if self.seq > last_seq {
            self.find(Some(last_seq + 1), format!("too many; the wallet counts {last_seq}"));
        }
        if self.hash != row.text(1)? {
            self.find(None, "the wallet's head is not the digest of its last entry".to_owned());
        }
        if self.sum != stored || !stored.is_balanced() {
            self.find(None, format!("entries make {:?}, the wallet says {stored:?}", self.sum));
        }
        Ok(())
    }

    /// Goes on by one entry.
    fn take(&mut self, line: Line) {
        let seq = line.seq;
        if seq != self.seq + 1 {
            let last = seq - 1;
            self.find(Some(self.seq + 1), format!("missing, and so are those up to {last}"));
        }
        self.entries += 1;
        match &line.entry {
            None => self.find(Some(seq), "cannot be read".to_owned()),
            Some(entry) => {
                if !self.is_signed(entry, &line.hash) {
                    let what = "its signature is wrong: it was changed or forged, or one before it";
                    self.find(Some(seq), what.to_owned());
                }
                match self.sum.after(entry.kind, entry.amount_fen) {
                    Ok(after) => self.sum = after,
                    Err(overdrawn) => self.find(Some(seq), overdrawn.to_string()),
                }
                // Entries of an earlier version say neither rule nor code.
                if let Some(what) = line.contradiction(entry, seq > self.adopted) {
                    self.find(Some(seq), what);
                }
            }
        }
        // What follows is compared with what is written, so that each fault is told once.
        (self.seq, self.hash) = (seq, line.hash);
        let passed = self.marks.extract_if(.., |(_, mark)| mark.entries <= seq);
        let differing: Vec<_> = passed
            .filter(|(_, mark)| {
                mark.entries != seq || mark.head != self.hash || mark.balance != self.sum
            })
            .collect();
        for (name, _) in differing {
            self.find(Some(seq), format!("the wallet was another up to here, {name} says"));
        }
    }

    fn is_signed(&self, entry: &Entry, written: &str) -> bool {
        if entry.seq <= self.adopted {
            return entry.unsigned_hash(&self.hash) == written;
        }
        self.key.is_none_or(|key| entry.hash(key, &self.hash) == written)
    }
}

async fn count_holds(db: &Db, report: &mut LedgerReport) -> Result<(), Error> {
    let mut tx = db.begin_reading().await?;
    let sql = "select cast(count(*) as bigint),
                 cast(coalesce(sum(case when state = 'open' then 1 else 0 end), 0) as bigint)
               from hold";
    if let Some(row) = tx.fetch_one(sql, &[]).await? {
        (report.holds, report.open_holds) =
            (row.int(0)?.unsigned_abs(), row.int(1)?.unsigned_abs());
    }
    Ok(())
}

/// Rows that no entry leads to: of what was cut from the books, or slipped into them.
async fn find_strays(db: &Db, report: &mut LedgerReport) -> Result<(), Error> {
    let kinds = [
        (
            "a hold is in no entry: of task",
            "select h.app_id, h.task_id from hold h
             left join entry b on b.task_id = h.task_id and b.kind = 'hold'
             where b.task_id is null
             order by h.app_id, h.task_id",
        ),
        (
            "a task has no hold:",
            "select t.app_id, t.id from task t
             left join hold h on h.task_id = t.id
             where h.task_id is null
             order by t.app_id, t.id",
        ),
        (
            "entries have no wallet:",
            "select distinct e.app_id, e.app_id from entry e
             left join wallet w on w.app_id = e.app_id
             where w.app_id is null
             order by e.app_id",
        ),
        (
            "an app has no wallet:",
            "select a.id, a.id from app a
             left join wallet w on w.app_id = a.id
             where w.app_id is null
             order by a.id",
        ),
    ];
    let mut tx = db.begin_reading().await?;
    for (what, sql) in kinds {
        let sql = format!("{sql} limit {TOLD_MAX}");
        for row in tx.fetch_all(&sql, &[]).await? {
            let what = format!("{what} {}", row.text(1)?);
            report.findings.push(LedgerFinding { app_id: Some(row.text(0)?), entry: None, what });
        }
    }
    Ok(())
}
