//! The products of a link: each has its own tasks, and the person decides about each.
//!
//! Whoever changes one holds the row of its link, so that none changes once the link is over.

use fiveone_model::clock::Millis;
use fiveone_model::link::{Exit, ExitReason, ExitStage};
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;

use crate::db::{Row, Tx, args};
use crate::{Error, Writer, corrupt};

/// How far the person is with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// Nothing is decided.
    Open,
    /// The person has looked at the result, and keeps it for the end.
    Accepted,
    /// The person goes on without it.
    Skipped,
    /// Its result is the app's.
    HandedOver,
    /// The link is over, and its app got nothing of it.
    Left,
}

impl PartState {
    const ALL: [Self; 5] =
        [Self::Open, Self::Accepted, Self::Skipped, Self::HandedOver, Self::Left];

    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Skipped => "skipped",
            Self::HandedOver => "handed_over",
            Self::Left => "left",
        }
    }

    /// What a word made by [`PartState::as_str`] says.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What a link has of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPart {
    /// Which product.
    pub product: Product,
    /// Its newest task.
    pub task: Option<TaskId>,
    /// One before it that has read a part, while the newest reads the rest.
    pub kept: Option<TaskId>,
    /// How far the person is with it.
    pub state: PartState,
    /// Where the person was and why, when it was skipped or left.
    pub exit: Option<Exit>,
    /// What the erasure of its records was answered with.
    pub receipt: Option<String>,
}

pub(crate) const COLUMNS: &str = "part.product, part.task_id, part.kept_task_id, part.state,
    part.exit_stage, part.exit_reason, part.receipt";

pub(crate) fn decode(row: &Row, at: usize) -> Result<LinkPart, Error> {
    let link = row.text(0)?;
    let column = |column| corrupt("link_part", column, &link);
    let task_at = |at, name| -> Result<Option<TaskId>, Error> {
        let task = row.maybe_text(at)?;
        task.map(|task| TaskId::parse(&task).ok_or_else(|| column(name))).transpose()
    };
    Ok(LinkPart {
        product: Product::parse(&row.text(at)?).ok_or_else(|| column("product"))?,
        task: task_at(at + 1, "task_id")?,
        kept: task_at(at + 2, "kept_task_id")?,
        state: PartState::parse(&row.text(at + 3)?).ok_or_else(|| column("state"))?,
        exit: exit_of(row, at + 4, ("link_part", &link))?,
        receipt: row.maybe_text(at + 6)?,
    })
}

/// The stage and the reason of an exit, in two columns side by side.
pub(crate) fn exit_of(
    row: &Row,
    at: usize,
    (table, id): (&'static str, &str),
) -> Result<Option<Exit>, Error> {
    let (Some(stage), Some(reason)) = (row.maybe_text(at)?, row.maybe_text(at + 1)?) else {
        return Ok(None);
    };
    let stage = ExitStage::parse(&stage).ok_or_else(|| corrupt(table, "exit_stage", id))?;
    let reason = ExitReason::parse(&reason).ok_or_else(|| corrupt(table, "exit_reason", id))?;
    Ok(Some(Exit { stage, reason }))
}

/// Holds the row of a link; `false` when it is over.
async fn hold_link(tx: &mut Tx, id: &str, now: Millis) -> Result<bool, Error> {
    let sql = "select 1 from link where id = $1 and ended_at is null and expires_at > $2 {lock}";
    Ok(tx.fetch_one(sql, args![id, now]).await?.is_some())
}

impl Writer {
    /// Gives a product of a link its newest task in place of the one before, and keeps the one that it reads
    /// the rest of; `false` when it has another by now, is decided about, or the link is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begin_link_task(
        &self,
        (id, product): (&str, Product),
        before: Option<&TaskId>,
        task: &TaskId,
        kept: Option<&TaskId>,
    ) -> Result<bool, Error> {
        let sql = "update link_part set task_id = $4, kept_task_id = $5
                   where link_id = $1 and product = $2 and coalesce(task_id, '') = $3
                     and state = 'open'";
        let before = before.map_or("", TaskId::as_str);
        let kept = kept.map(TaskId::as_str);
        let arguments = args![id, product.as_str(), before, task.as_str(), kept];
        // However late it is: what was admitted in time is begun.
        self.decide(id, (sql, arguments), Millis::MIN).await
    }

    /// Goes back to the task that a product of a link has kept, from its newest; `false` when it keeps none,
    /// or has another by now, or the link is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn return_to_kept(
        &self,
        (id, product): (&str, Product),
        from: &TaskId,
        now: Millis,
    ) -> Result<bool, Error> {
        let sql = "update link_part set task_id = kept_task_id, kept_task_id = null
                   where link_id = $1 and product = $2 and task_id = $3 and kept_task_id is not null
                     and state = 'open'";
        self.decide(id, (sql, args![id, product.as_str(), from.as_str()]), now).await
    }

    /// Keeps the result of a product for the link's end; `false` when it has another task by now, is decided
    /// about, or the link is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accept_part(
        &self,
        (id, product): (&str, Product),
        task: &TaskId,
        now: Millis,
    ) -> Result<bool, Error> {
        let sql = "update link_part set state = 'accepted'
                   where link_id = $1 and product = $2 and task_id = $3 and state = 'open'";
        self.decide(id, (sql, args![id, product.as_str(), task.as_str()]), now).await
    }

    /// Goes on without a product, whose tasks are nobody's from now on; `false` when it is decided about, or
    /// the link is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn skip_part(
        &self,
        (id, product): (&str, Product),
        exit: Exit,
        now: Millis,
    ) -> Result<bool, Error> {
        let sql = "update link_part set state = 'skipped', exit_stage = $3, exit_reason = $4,
                     task_id = null, kept_task_id = null
                   where link_id = $1 and product = $2 and state = 'open'";
        let (stage, reason) = (exit.stage.as_str(), exit.reason.as_str());
        self.decide(id, (sql, args![id, product.as_str(), stage, reason]), now).await
    }

    /// Lets the person decide about a product anew; `false` when nothing was decided, or the link is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reopen_part(
        &self,
        (id, product): (&str, Product),
        now: Millis,
    ) -> Result<bool, Error> {
        let sql = "update link_part set state = 'open', exit_stage = null, exit_reason = null
                   where link_id = $1 and product = $2 and state in ('accepted', 'skipped')";
        self.decide(id, (sql, args![id, product.as_str()]), now).await
    }

    /// Changes a product of a link that is not over at an instant; whether it did.
    async fn decide(
        &self,
        id: &str,
        (sql, arguments): (&str, &[crate::db::Arg<'_>]),
        now: Millis,
    ) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        if !hold_link(&mut tx, id, now).await? {
            return Ok(false);
        }
        let is_done = tx.execute(sql, arguments).await? == 1;
        tx.commit().await?;
        Ok(is_done)
    }

    /// Keeps what the erasure of a product's records was answered with.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_link_receipt(
        &self,
        (id, product): (&str, Product),
        receipt: &str,
    ) -> Result<(), Error> {
        let sql = "update link_part set receipt = $3 where link_id = $1 and product = $2";
        self.db.execute(sql, args![id, product.as_str(), receipt]).await.map(drop)
    }
}
