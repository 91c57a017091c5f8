//! What moved in a wallet between two instants, and what it held before and after.

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::ledger::{Balance, Entry, EntryKind};
use fiveone_model::task::{CrawlProgress, Stage};

use super::entry;
use crate::db::{Row, args};
use crate::{Error, Reader};

/// Lines read at once.
const PAGE: i64 = 1_000;

/// A statement that is being read; entries that are written meanwhile are not in it.
pub struct Statement {
    read: Reader,
    app: AppId,
    from: Millis,
    until: Millis,
    last_seq: i64,
    after: i64,
    balance: Balance,
}

/// An entry of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The entry.
    pub entry: Entry,
    /// Its task's product and area.
    pub portal: Option<(String, String)>,
    /// The code its task ended with, when it resolves a hold.
    pub code: Option<String>,
    /// What the wallet holds after it.
    pub balance: Balance,
}

impl Reader {
    /// The statement of an app's wallet, from an instant until before another one, by the times that
    /// stand in the entries; `None` when there is no such app.
    ///
    /// # Errors
    /// The database failed.
    pub async fn statement(
        &self,
        app: &AppId,
        from: Millis,
        until: Millis,
    ) -> Result<Option<Statement>, Error> {
        let sql = "select entry_seq from wallet where app_id = $1";
        let Some(row) = self.db.fetch_one(sql, args![app.as_str()]).await? else { return Ok(None) };
        let last_seq = row.int(0)?;
        let sums = self
            .db
            .fetch_all(
                "select kind, cast(sum(amount_fen) as bigint) from entry
                 where app_id = $1 and at < $2 and seq <= $3
                 group by kind",
                args![app.as_str(), from, last_seq],
            )
            .await?;
        let mut balance = Balance::default();
        for sum in &sums {
            if let Some(kind) = EntryKind::parse(&sum.text(0)?) {
                balance = balance.moved(kind, sum.int(1)?);
            }
        }
        let (read, app) = (self.clone(), app.clone());
        Ok(Some(Statement { read, app, from, until, last_seq, after: 0, balance }))
    }
}

impl Statement {
    /// What the wallet holds before the next line: at first what it held before all of them, and after
    /// the last one what it held then.
    #[must_use]
    pub const fn balance(&self) -> Balance {
        self.balance
    }

    /// The next lines, in the order of the wallet's entries; none when there are no more.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn next_lines(&mut self) -> Result<Vec<StatementLine>, Error> {
        let rows = self
            .read
            .db
            .fetch_all(
                "select e.app_id, e.seq, e.kind, e.amount_fen, e.task_id, e.note, e.at, e.hash,
                   t.product, t.area, t.stage, t.detail
                 from entry e
                 left join task t on t.id = e.task_id
                 where e.app_id = $1 and e.at >= $2 and e.at < $3 and e.seq > $4 and e.seq <= $5
                 order by e.seq
                 limit $6",
                args![self.app.as_str(), self.from, self.until, self.after, self.last_seq, PAGE],
            )
            .await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let (entry, _) = entry(row)?;
            (self.after, self.balance) =
                (entry.seq, self.balance.moved(entry.kind, entry.amount_fen));
            let portal = row.maybe_text(8)?.zip(row.maybe_text(9)?);
            let code = code(&entry, row)?;
            lines.push(StatementLine { entry, portal, code, balance: self.balance });
        }
        Ok(lines)
    }
}

/// The code stands in the entry; older ones have it from their task.
fn code(entry: &Entry, row: &Row) -> Result<Option<String>, Error> {
    if !matches!(entry.kind, EntryKind::Capture | EntryKind::Release) {
        return Ok(None);
    }
    if !entry.note.is_empty() {
        return Ok(Some(entry.note.clone()));
    }
    let (stage, detail) = (row.maybe_text(10)?, row.maybe_text(11)?);
    let stage = stage.zip(detail).and_then(|(stage, detail)| Stage::parse(&stage, &detail));
    Ok(stage.map(|stage| stage.code(CrawlProgress::SomeSections).number().to_string()))
}
