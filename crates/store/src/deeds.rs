//! What operators did and looked at: written with the change it tells of, in one transaction, and never
//! changed.

use std::ops::Deref;
use std::sync::Arc;

use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::task::TaskId;

use crate::db::{Arg, Db, Row, Tx, args};
use crate::{Error, Mark, Reader, Store, Writer};

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Its own id.
    pub id: String,
    /// When.
    pub at: Millis,
    /// Who.
    pub operator: String,
    /// From where; blank when that is not known.
    pub address: String,
    /// What, as a word.
    pub action: String,
    /// On which app.
    pub app: Option<String>,
    /// On which task.
    pub task: Option<String>,
    /// More about it: an id, a reason, what was changed.
    pub about: String,
}

/// Which deeds are meant: those that fit all that is given.
#[derive(Debug, Clone, Default)]
pub struct DeedChoice {
    /// Of one operator.
    pub operator: Option<String>,
    /// Of one kind.
    pub action: Option<String>,
    /// On one task.
    pub task: Option<String>,
}

/// A database whose every change bears a note of who makes it.
#[derive(Clone)]
pub(crate) struct NotedDb {
    db: Db,
    deed: Option<Arc<Deed>>,
}

impl NotedDb {
    /// One whose changes are the program's own.
    pub(crate) const fn plain(db: Db) -> Self {
        Self { db, deed: None }
    }

    /// Runs one statement; one that changes nothing is not noted.
    pub(crate) async fn execute(&self, sql: &str, args: &[Arg<'_>]) -> Result<u64, Error> {
        let Some(deed) = &self.deed else { return self.db.execute(sql, args).await };
        let mut tx = self.db.begin().await?;
        let rows = tx.execute(sql, args).await?;
        if rows > 0 {
            note(&mut tx, deed).await?;
            tx.commit().await?;
        }
        Ok(rows)
    }

    /// Begins a writing transaction, which bears the note.
    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        let mut tx = self.db.begin().await?;
        if let Some(deed) = &self.deed {
            note(&mut tx, deed).await?;
        }
        Ok(tx)
    }
}

impl Deref for NotedDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Writes a deed down once, however many transactions it takes.
async fn note(tx: &mut Tx, deed: &Deed) -> Result<(), Error> {
    let sql = "insert into deed (id, at, operator, address, action, app_id, task_id, about)
               values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing";
    let arguments = args![
        &deed.id,
        deed.at,
        &deed.operator,
        &deed.address,
        &deed.action,
        deed.app.as_deref(),
        deed.task.as_deref(),
        &deed.about,
    ];
    tx.execute(sql, arguments).await.map(drop)
}

fn decode(row: &Row) -> Result<Deed, Error> {
    Ok(Deed {
        id: row.text(0)?,
        at: row.int(1)?,
        operator: row.text(2)?,
        address: row.text(3)?,
        action: row.text(4)?,
        app: row.maybe_text(5)?,
        task: row.maybe_text(6)?,
        about: row.text(7)?,
    })
}

impl Deed {
    /// The same deed on an app.
    #[must_use]
    pub fn on_app(self, app: &AppId) -> Self {
        Self { app: Some(app.as_str().to_owned()), ..self }
    }

    /// The same deed on a task.
    #[must_use]
    pub fn on_task(self, task: &TaskId) -> Self {
        Self { task: Some(task.as_str().to_owned()), ..self }
    }
}

impl Store {
    /// The same store; the first change that it makes is written down as this deed, and with it.
    #[must_use]
    pub fn on_behalf(&self, deed: Deed) -> Self {
        let db = NotedDb { db: self.read.db.clone(), deed: Some(Arc::new(deed)) };
        let write = Writer { db, books: self.write.books.clone() };
        Self { read: self.read.clone(), write }
    }
}

impl Writer {
    /// Writes down what changes nothing: a look.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_deed(&self, deed: &Deed) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        note(&mut tx, deed).await?;
        tx.commit().await
    }
}

impl Reader {
    /// Up to `limit` deeds, the newest first, from after a mark.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deeds(
        &self,
        choice: &DeedChoice,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<Vec<Deed>, Error> {
        let mut arguments = vec![Arg::from(limit)];
        let mut texts = vec!["1 = 1".to_owned()];
        let columns = ["operator", "action", "task_id"];
        for (column, value) in
            columns.into_iter().zip([&choice.operator, &choice.action, &choice.task])
        {
            if let Some(value) = value {
                arguments.push(Arg::from(value));
                texts.push(format!("{column} = ${}", arguments.len()));
            }
        }
        if let Some(mark) = after {
            arguments.extend([Arg::from(mark.at), Arg::from(&mark.id)]);
            texts.push(format!("(at, id) < (${}, ${})", arguments.len() - 1, arguments.len()));
        }
        let sql = format!(
            "select id, at, operator, address, action, app_id, task_id, about from deed
             where {} order by at desc, id desc limit $1",
            texts.join(" and ")
        );
        let rows = self.db.fetch_all(&sql, &arguments).await?;
        rows.iter().map(decode).collect()
    }
}
