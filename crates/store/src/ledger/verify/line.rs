//! One entry with the rows that belong to it, and what in them contradicts it.

use fiveone_model::ledger::{Entry, EntryKind};
use fiveone_model::tariff::PartialRule;
use fiveone_model::task::{CrawlProgress, Stage, TaskId};

use crate::db::{Row, Tx, args};
use crate::{Error, app_id};

/// An entry as it is written, beside its hold, its task and its counterpart.
pub(super) struct Line {
    pub(super) seq: i64,
    pub(super) hash: String,
    /// `None` when a column cannot be read.
    pub(super) entry: Option<Entry>,
    hold: Option<Hold>,
    task: Option<Task>,
    /// The entry that held what this one resolves.
    held_by: Option<Counterpart>,
    /// The entry that resolved what this one holds.
    resolved_by: Option<Counterpart>,
}

struct Hold {
    app: String,
    amount_fen: i64,
    rule: String,
    state: String,
    resolved_at: Option<i64>,
}

struct Task {
    app: String,
    /// Its end; `None` while it is under way, and when it cannot be read.
    end: Option<Stage>,
    finished_at: Option<i64>,
}

struct Counterpart {
    app: String,
    seq: i64,
    kind: String,
    amount_fen: i64,
}

/// Entries of a wallet after one, each with what belongs to it.
pub(super) async fn page(
    tx: &mut Tx,
    app: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let rows = tx
        .fetch_all(
            "select e.app_id, e.seq, e.kind, e.amount_fen, e.task_id, e.note, e.at, e.hash,
               h.app_id, h.amount_fen, h.partial_rule, h.state, h.resolved_at,
               t.app_id, t.stage, t.detail, t.finished_at,
               b.app_id, b.seq, b.kind, b.amount_fen,
               r.app_id, r.seq, r.kind, r.amount_fen
             from entry e
             left join hold h on h.task_id = e.task_id
             left join task t on t.id = e.task_id
             left join entry b on b.task_id = e.task_id and b.kind = 'hold'
             left join entry r on r.task_id = e.task_id and r.kind in ('capture', 'release')
             where e.app_id = $1 and e.seq > $2
             order by e.seq
             limit $3",
            args![app, after, limit],
        )
        .await?;
    rows.iter().map(line).collect()
}

fn line(row: &Row) -> Result<Line, Error> {
    let hold = row.maybe_text(8)?.map(|app| {
        let (amount_fen, rule, state) = (row.int(9)?, row.text(10)?, row.text(11)?);
        Ok::<_, Error>(Hold { app, amount_fen, rule, state, resolved_at: row.maybe_int(12)? })
    });
    let task = row.maybe_text(13)?.map(|app| {
        let stage = Stage::parse(&row.text(14)?, &row.text(15)?);
        let end = stage.filter(|stage| stage.name().is_final());
        Ok::<_, Error>(Task { app, end, finished_at: row.maybe_int(16)? })
    });
    let counterpart = |from: usize| {
        let counterpart = row.maybe_text(from)?.map(|app| {
            let (seq, kind, amount_fen) =
                (row.int(from + 1)?, row.text(from + 2)?, row.int(from + 3)?);
            Ok::<_, Error>(Counterpart { app, seq, kind, amount_fen })
        });
        counterpart.transpose()
    };
    Ok(Line {
        seq: row.int(1)?,
        hash: row.text(7)?,
        entry: entry(row)?,
        hold: hold.transpose()?,
        task: task.transpose()?,
        held_by: counterpart(17)?,
        resolved_by: counterpart(21)?,
    })
}

fn entry(row: &Row) -> Result<Option<Entry>, Error> {
    let task = row.maybe_text(4)?;
    let task_id = task.as_deref().and_then(TaskId::parse);
    let Ok(app_id) = app_id(row, 0, "entry") else { return Ok(None) };
    let Some(kind) = EntryKind::parse(&row.text(2)?) else { return Ok(None) };
    if task.is_some() != task_id.is_some() {
        return Ok(None);
    }
    let (seq, amount_fen, at) = (row.int(1)?, row.int(3)?, row.int(6)?);
    Ok(Some(Entry { app_id, seq, kind, amount_fen, task_id, note: row.text(5)?, at }))
}

impl Line {
    /// What in the rows beside it contradicts the entry. One that `tells` has the hold's rule or the
    /// task's code in its note.
    pub(super) fn contradiction(&self, entry: &Entry, tells: bool) -> Option<String> {
        let task_id = entry.task_id.as_ref();
        let wrong = match (entry.kind, task_id) {
            (EntryKind::Topup, None) => None,
            (EntryKind::Topup, Some(_)) => Some("a top-up of a task".to_owned()),
            (_, None) => Some("of no task".to_owned()),
            (EntryKind::Hold, Some(_)) => self.of_hold(entry, tells),
            (EntryKind::Capture | EntryKind::Release, Some(_)) => self.of_end(entry, tells),
            (EntryKind::Refund, Some(_)) => self.of_refund(entry),
        };
        wrong.map(|what| task_id.map_or(what.clone(), |task| format!("{what} (task {task})")))
    }

    fn of_hold(&self, entry: &Entry, tells: bool) -> Option<String> {
        let app = entry.app_id.as_str();
        let Some(hold) = &self.hold else { return Some("its hold is missing".to_owned()) };
        let Some(task) = &self.task else { return Some("its task is missing".to_owned()) };
        if hold.app != app || task.app != app {
            return Some("its hold or its task is another app's".to_owned());
        }
        let (held, said) = (entry.amount_fen, hold.amount_fen);
        if held != said {
            return Some(format!("held {held} fen, its hold says {said}"));
        }
        if tells && hold.rule != entry.note {
            return Some(format!("held by the rule {}, its hold says {}", entry.note, hold.rule));
        }
        let is_open = hold.state == "open";
        if is_open != task.finished_at.is_none() {
            let task = if task.finished_at.is_none() { "under way" } else { "over" };
            return Some(format!("its hold is {} while its task is {task}", hold.state));
        }
        if is_open != self.resolved_by.is_none() {
            let by = self.resolved_by.as_ref().map_or("no", |by| by.kind.as_str());
            return Some(format!(
                "its hold is {}, and the books have {by} entry for it",
                hold.state
            ));
        }
        None
    }

    fn of_refund(&self, entry: &Entry) -> Option<String> {
        let paid = self.resolved_by.as_ref();
        let paid = paid.filter(|by| by.kind == EntryKind::Capture.as_str());
        let Some(by) = paid else { return Some("refunds what was never paid".to_owned()) };
        let is_of = by.app == entry.app_id.as_str() && by.seq < entry.seq;
        (!is_of || by.amount_fen != entry.amount_fen)
            .then(|| format!("does not refund what entry {} of {} captured", by.seq, by.app))
    }

    fn of_end(&self, entry: &Entry, tells: bool) -> Option<String> {
        let app = entry.app_id.as_str();
        let Some(by) = &self.held_by else {
            return Some("resolves what was never held".to_owned());
        };
        if by.app != app || by.seq >= entry.seq || by.amount_fen != entry.amount_fen {
            return Some(format!("does not resolve what entry {} of {} holds", by.seq, by.app));
        }
        // The entry that held tells of a hold or a task that is missing.
        let (hold, task) = (self.hold.as_ref()?, self.task.as_ref()?);
        let state = if entry.kind == EntryKind::Capture { "captured" } else { "released" };
        if hold.state != state || hold.resolved_at != Some(entry.at) {
            return Some(format!("{state} at {}, its hold says {}", entry.at, hold.state));
        }
        let Some(end) = &task.end else { return Some("its task has no end".to_owned()) };
        let code = end.code(CrawlProgress::SomeSections).number();
        if (tells && entry.note != code.to_string()) || task.finished_at != Some(entry.at) {
            return Some(format!("its task ended with {}, now it says {code}", entry.note));
        }
        let is_payable = match end {
            Stage::Done { missing } if missing.is_empty() => Some(true),
            // Its sections may be wiped; by the other rules they decided.
            Stage::Done { .. } => {
                (PartialRule::parse(&hold.rule) == Some(PartialRule::Never)).then_some(false)
            }
            _ => Some(false),
        };
        if is_payable.is_some_and(|is_payable| is_payable != (entry.kind == EntryKind::Capture)) {
            return Some(format!("{state}, and its task ended with {code}"));
        }
        None
    }
}
