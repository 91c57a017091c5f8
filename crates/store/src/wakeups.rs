//! Wake-ups from node to node, by the database: they only hurry. One that is lost, because the
//! connection was, costs a tick.

use fiveone_model::task::TaskId;
use sqlx::postgres::PgListener;

use crate::db::{Db, Tx};
use crate::{Error, Reader};

/// The channel of all nodes.
const CHANNEL: &str = "fiveone";
/// There may be tasks that nobody works on.
const WORK: &str = "work";

/// What a node is woken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wakeup {
    /// A task's question has its answer.
    Answered(TaskId),
    /// There may be tasks that nobody works on.
    Work,
}

/// Tells all nodes that a question has its answer, when the transaction has ended well.
pub(crate) async fn tell_of_answer(tx: &mut Tx, task: &TaskId) -> Result<(), Error> {
    tx.notify(CHANNEL, task.as_str()).await
}

/// Tells all nodes that there may be work, when the transaction has ended well.
pub(crate) async fn tell_of_work(tx: &mut Tx) -> Result<(), Error> {
    tx.notify(CHANNEL, WORK).await
}

/// A connection that listens.
pub struct Wakeups(PgListener);

impl Wakeups {
    /// Waits for the next one; a lost connection is made again.
    ///
    /// # Errors
    /// The database is away; it may be asked again.
    pub async fn next(&mut self) -> Result<Wakeup, Error> {
        loop {
            let told = self.0.recv().await?;
            match told.payload() {
                WORK => return Ok(Wakeup::Work),
                // What another version says is not for us.
                other => {
                    if let Some(task) = TaskId::parse(other) {
                        return Ok(Wakeup::Answered(task));
                    }
                }
            }
        }
    }
}

impl Reader {
    /// Listens from now on; `None` on SQLite, where the nodes of one file look at every tick.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn wakeups(&self) -> Result<Option<Wakeups>, Error> {
        let Db::Postgres { url, .. } = &self.db else { return Ok(None) };
        let mut listener = PgListener::connect(url).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(Wakeups(listener)))
    }
}
