//! Lists of an app, page by page, the newest first: its tasks, the entries of its wallet, its callbacks.
//!
//! A page begins after a mark that stands in the rows themselves, so that what is written meanwhile
//! neither repeats nor hides a row.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::ledger::Entry;
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;

use crate::db::{Arg, Row, args};
use crate::{
    CallbackState, Error, KeptCallback, Reader, Resolved, TaskRow, kept_callbacks, ledger, tasks,
};

/// Where a page of tasks or callbacks ended: the instant and the id of its last row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When the row was made.
    pub at: Millis,
    /// Its id.
    pub id: String,
}

/// A task with its times and what became of its money.
#[derive(Debug, Clone)]
pub struct TaskLine {
    /// The task.
    pub task: TaskRow,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// Until when its result is kept.
    pub kept_until: Option<Millis>,
    /// What is held or was taken for it, in 分.
    pub price_fen: i64,
    /// What became of that; `None` while it is held.
    pub resolved: Option<Resolved>,
}

/// The columns of a [`TaskLine`] beside those of a [`TaskRow`].
const LINE: &str = "t.finished_at, t.wipe_after, h.amount_fen, h.state as hold_state";

fn line(row: &Row) -> Result<TaskLine, Error> {
    Ok(TaskLine {
        task: tasks::decode(row)?,
        ended_at: row.maybe_int("finished_at")?,
        kept_until: row.maybe_int("wipe_after")?,
        price_fen: row.int("amount_fen")?,
        resolved: Resolved::parse(&row.text("hold_state")?),
    })
}

/// Which tasks of an app are meant: those that fit all that is given.
#[derive(Debug, Clone, Default)]
pub struct TaskChoice {
    /// Of one product.
    pub product: Option<Product>,
    /// Of one area.
    pub area: Option<AreaCode>,
    /// Those that have ended, or those that have not.
    pub has_ended: Option<bool>,
}

/// A page of an app's rows, the newest first: its conditions, and what stands in their places.
struct Page<'a> {
    table: &'static str,
    texts: Vec<String>,
    arguments: Vec<Arg<'a>>,
}

impl<'a> Page<'a> {
    /// Up to `limit` rows of an app in a table, from after a mark.
    fn of(table: &'static str, app: &'a AppId, after: Option<&'a Mark>, limit: i64) -> Self {
        let texts = vec![format!("{table}.app_id = $1")];
        let arguments = vec![Arg::from(app.as_str()), Arg::from(limit)];
        let mut page = Self { table, texts, arguments };
        if let Some(mark) = after {
            let (at, id) = (page.place(Arg::from(mark.at)), page.place(Arg::from(&mark.id)));
            page.texts.push(format!("({table}.created_at, {table}.id) < (${at}, ${id})"));
        }
        page
    }

    fn place(&mut self, argument: Arg<'a>) -> usize {
        self.arguments.push(argument);
        self.arguments.len()
    }

    /// Only rows with this in a column, when there is one.
    fn only(&mut self, column: &str, value: Option<&'a str>) {
        if let Some(value) = value {
            let at = self.place(Arg::from(value));
            self.texts.push(format!("{}.{column} = ${at}", self.table));
        }
    }

    /// What stands behind the tables.
    fn rest(&self) -> String {
        let (table, conditions) = (self.table, self.texts.join(" and "));
        format!("where {conditions} order by {table}.created_at desc, {table}.id desc limit $2")
    }
}

/// Who looks at a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Its app, for which what is withheld is not there.
    App,
    /// Its person, who sees all of what is withheld, and nothing else.
    Person,
}

impl Viewer {
    /// Whether a task is there for it.
    #[must_use]
    pub const fn sees(self, task: &TaskRow) -> bool {
        match self {
            Self::App => task.withheld_until.is_none(),
            Self::Person => task.withheld_until.is_some(),
        }
    }

    /// The same of a task called `t`, in SQL.
    const fn condition(self) -> &'static str {
        match self {
            Self::App => "t.withheld_until is null",
            Self::Person => "t.withheld_until is not null",
        }
    }
}

impl Reader {
    /// Up to `limit` tasks of an app, the newest first, from after a mark.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn tasks_of(
        &self,
        app: &AppId,
        choice: &TaskChoice,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<TaskLine>, Error> {
        let mut page = Page::of("t", app, after, limit);
        page.texts.push(Viewer::App.condition().to_owned());
        page.only("product", choice.product.map(Product::as_str));
        page.only("area", choice.area.as_ref().map(AreaCode::as_str));
        match choice.has_ended {
            Some(true) => page.texts.push("t.finished_at is not null".to_owned()),
            Some(false) => page.texts.push("t.finished_at is null".to_owned()),
            None => {}
        }
        let sql = format!(
            "select {}, {LINE} from task t join hold h on h.task_id = t.id {}",
            tasks::COLUMNS,
            page.rest()
        );
        let rows = self.db.fetch_all(&sql, &page.arguments).await?;
        rows.iter().map(line).collect()
    }

    /// One task of an app, for whoever looks at it.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn task_of(
        &self,
        viewer: Viewer,
        app: &AppId,
        id: &TaskId,
    ) -> Result<Option<TaskLine>, Error> {
        let sql = format!(
            "select {}, {LINE} from task t join hold h on h.task_id = t.id
             where t.app_id = $1 and t.id = $2 and {}",
            tasks::COLUMNS,
            viewer.condition()
        );
        let row = self.db.fetch_one(&sql, args![app.as_str(), id.as_str()]).await?;
        row.as_ref().map(line).transpose()
    }

    /// What is another text whenever a task of an app is not as it was: one look for those who wait.
    ///
    /// # Errors
    /// The database failed.
    pub async fn task_version(
        &self,
        viewer: Viewer,
        app: &AppId,
        id: &TaskId,
    ) -> Result<Option<String>, Error> {
        let sql = format!(
            "select t.stage, t.updated_at, t.wiped_at,
                     (select count(*) from section s where s.task_id = t.id),
                     (select seq from challenge c
                      where c.task_id = t.id and c.closed_at is null and c.answered_at is null)
                   from task t where t.app_id = $1 and t.id = $2 and {}",
            viewer.condition()
        );
        let row = self.db.fetch_one(&sql, args![app.as_str(), id.as_str()]).await?;
        row.map(|row| {
            let (stage, updated_at, wiped_at) = (row.text(0)?, row.int(1)?, row.maybe_int(2)?);
            let (sections, question) = (row.int(3)?, row.maybe_int(4)?);
            Ok(format!("{stage} {updated_at} {wiped_at:?} {sections} {question:?}"))
        })
        .transpose()
    }

    /// Up to `limit` entries of a wallet, the newest first, from before a number.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn entries_before(
        &self,
        app: &AppId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Entry>, Error> {
        let sql = "select app_id, seq, kind, amount_fen, task_id, note, at, hash from entry
                   where app_id = $1 and seq < $2 order by seq desc limit $3";
        let before = before.unwrap_or(i64::MAX);
        let rows = self.db.fetch_all(sql, args![app.as_str(), before, limit]).await?;
        rows.iter().map(|row| Ok(ledger::entry(row)?.0)).collect()
    }

    /// Up to `limit` callbacks of an app, in one state or in any, the newest first, from after a mark.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn callbacks_to(
        &self,
        app: &AppId,
        state: Option<CallbackState>,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<KeptCallback>, Error> {
        let mut page = Page::of("callback", app, after, limit);
        page.only("state", state.map(CallbackState::as_str));
        let sql = format!("select {} from callback {}", kept_callbacks::COLUMNS, page.rest());
        let rows = self.db.fetch_all(&sql, &page.arguments).await?;
        rows.iter().map(kept_callbacks::decode).collect()
    }

    /// One callback of an app.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn callback_to(&self, app: &AppId, id: &str) -> Result<Option<KeptCallback>, Error> {
        let columns = kept_callbacks::COLUMNS;
        let sql = format!("select {columns} from callback where app_id = $1 and id = $2");
        let row = self.db.fetch_one(&sql, args![app.as_str(), id]).await?;
        row.as_ref().map(kept_callbacks::decode).transpose()
    }
}
