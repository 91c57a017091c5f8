//! Questions to the person: asked once, answered once, and nothing kept of them (P-41, P-50).

use fiveone_model::area::AreaCode;
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::task::{StageName, TaskId};

use crate::db::{Tx, args};
use crate::{Error, Reader, Writer, claims, corrupt, missing, task_id, tasks, wakeups};

/// The question that is open on a task.
#[derive(Debug, Clone)]
pub struct OpenChallenge {
    /// Which of the task's questions, from 1.
    pub seq: i64,
    /// What is asked for.
    pub kind: ChallengeKind,
    /// From 1: how often the task has asked for this kind.
    pub attempt: u32,
    /// The question itself, sealed with the task's key; none in a row of an older program.
    pub question_sealed: Option<Vec<u8>>,
    /// When it was asked.
    pub asked_at: Millis,
    /// When it is over.
    pub due_at: Millis,
    /// The answer, sealed to the node that asked, once there is one.
    pub answer_sealed: Option<Vec<u8>>,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// It was taken.
    Taken,
    /// No question is open, or it has its answer, or its time is over.
    NotWaiting,
}

/// What became of a question that has its answer, or that the portal has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Its task logs in again.
    Closed,
    /// As many tasks as may talk to the portal; the question is still open.
    PortalBusy,
}

impl Reader {
    /// The open question of a task.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn open_challenge(&self, task: &TaskId) -> Result<Option<OpenChallenge>, Error> {
        let row = self
            .db
            .fetch_one(
                "select seq, kind, question_sealed, due_at, answer_sealed,
                   (select count(*) from challenge earlier
                    where earlier.task_id = $1 and earlier.kind = challenge.kind
                      and earlier.seq <= challenge.seq),
                   asked_at
                 from challenge
                 where task_id = $1 and closed_at is null",
                args![task.as_str()],
            )
            .await?;
        row.map(|row| {
            Ok(OpenChallenge {
                seq: row.int(0)?,
                kind: ChallengeKind::parse(&row.text(1)?)
                    .ok_or_else(|| corrupt("challenge", "kind", task.as_str()))?,
                question_sealed: row.maybe_blob(2)?,
                due_at: row.int(3)?,
                answer_sealed: row.maybe_blob(4)?,
                asked_at: row.int(6)?,
                attempt: u32::try_from(row.int(5)?)
                    .map_err(|_| corrupt("challenge", "seq", task.as_str()))?,
            })
        })
        .transpose()
    }

    /// Tasks of a node whose open question has its answer; for waiters that missed the signal.
    ///
    /// # Errors
    /// The database failed.
    pub async fn answered(&self, node: &str) -> Result<Vec<TaskId>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select t.id from challenge c
                 join task t on t.id = c.task_id
                 where c.closed_at is null and c.answered_at is not null
                   and t.node_id = $1 and t.stage = 'asking'",
                args![node],
            )
            .await?;
        Ok(rows.iter().filter_map(|row| task_id(row, 0, "task").ok()).collect())
    }
}

impl Writer {
    /// Asks: the task stops logging in and waits, with no run slot and one open question.
    ///
    /// # Errors
    /// The database failed, or the lease is lost.
    pub async fn ask(
        &self,
        task: &TaskId,
        fence: i64,
        kind: ChallengeKind,
        question_sealed: &[u8],
        asked_at: Millis,
        due_at: Millis,
    ) -> Result<i64, Error> {
        let mut tx = self.db.begin().await?;
        tasks::move_stage_in(
            &mut tx,
            task,
            fence,
            (StageName::LoggingIn, StageName::Asking),
            kind.as_str(),
            asked_at,
        )
        .await?;
        let open = "select seq from challenge where task_id = $1 and closed_at is null";
        if let Some(row) = tx.fetch_one(open, args![task.as_str()]).await? {
            // It was asked already, and its asker did not hear of it.
            return row.int(0);
        }
        let row = tx
            .fetch_one(
                "insert into challenge (task_id, seq, kind, question_sealed, asked_at, due_at)
                 select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5
                 from challenge
                 where task_id = $1
                 returning seq",
                args![task.as_str(), kind.as_str(), question_sealed, asked_at, due_at],
            )
            .await?;
        let seq = row.map_or(Ok(0), |row| row.int(0))?;
        tx.commit().await?;
        Ok(seq)
    }

    /// Takes the person's answer, sealed, if a question is open and has none yet. The task's row
    /// is locked first, as its own statement, so that no answer is lost to a question that is
    /// being asked or closed at the same time.
    ///
    /// # Errors
    /// The database failed.
    pub async fn answer(
        &self,
        task: &TaskId,
        answer_sealed: &[u8],
        now: Millis,
    ) -> Result<Answering, Error> {
        let mut tx = self.db.begin().await?;
        tx.fetch_one("select id from task where id = $1 {lock}", args![task.as_str()]).await?;
        let rows = tx
            .execute(
                "update challenge set answer_sealed = $2, answered_at = $3
                 where task_id = $1 and closed_at is null and answered_at is null and due_at > $3",
                args![task.as_str(), answer_sealed, now],
            )
            .await?;
        if rows == 1 {
            wakeups::tell_of_answer(&mut tx, task).await?;
        }
        tx.commit().await?;
        Ok(if rows == 1 { Answering::Taken } else { Answering::NotWaiting })
    }

    /// Closes the question that was answered, goes on logging in and forgets the answer, which
    /// whoever calls has read by then: a second call, after one whose outcome was lost, finds the
    /// question closed and changes nothing. While `at_once_max` other tasks of all nodes talk to the portal,
    /// nothing is changed.
    ///
    /// # Errors
    /// The database failed, the lease is lost, or there is no answer.
    pub async fn close_answered(
        &self,
        task: &TaskId,
        fence: i64,
        limit: ((Product, &AreaCode), i64),
        now: Millis,
    ) -> Result<Closing, Error> {
        self.close_within(task, fence, limit, "and answer_sealed is not null", now).await
    }

    /// Closes a question that nobody answers but the portal, and goes on logging in, within the same limit.
    /// While its portal is busy it counts as answered, so that those in the queue leave it a place.
    ///
    /// # Errors
    /// The database failed, or the lease is lost.
    pub async fn close_shown(
        &self,
        task: &TaskId,
        fence: i64,
        limit: ((Product, &AreaCode), i64),
        now: Millis,
    ) -> Result<Closing, Error> {
        let closing = self.close_within(task, fence, limit, "", now).await?;
        if closing == Closing::PortalBusy {
            let sql = "update challenge set answered_at = $2
                where task_id = $1 and closed_at is null and answered_at is null";
            self.db.execute(sql, args![task.as_str(), now]).await?;
        }
        Ok(closing)
    }

    async fn close_within(
        &self,
        task: &TaskId,
        fence: i64,
        ((product, area), at_once_max): ((Product, &AreaCode), i64),
        if_too: &str,
        now: Millis,
    ) -> Result<Closing, Error> {
        let mut tx = self.db.begin().await?;
        tx.serialize(&claims::portal_lock(product, area)).await?;
        // Closed first, so that whoever has lost the task hears of it however busy the portal is.
        close(&mut tx, task, fence, if_too, now).await?;
        if claims::talking(&mut tx, product, area, Some(task)).await? >= at_once_max {
            return Ok(Closing::PortalBusy);
        }
        tx.commit().await?;
        Ok(Closing::Closed)
    }
}

/// Closes the open question of a task, which goes on logging in.
async fn close(
    tx: &mut Tx,
    task: &TaskId,
    fence: i64,
    if_too: &str,
    now: Millis,
) -> Result<(), Error> {
    let step = (StageName::Asking, StageName::LoggingIn);
    tasks::move_stage_in(tx, task, fence, step, "", now).await?;
    let open = "select 1 from challenge where task_id = $1 and closed_at is null";
    if tx.fetch_one(open, args![task.as_str()]).await?.is_none() {
        return Ok(());
    }
    let sql = format!(
        "update challenge set closed_at = $2, answer_sealed = null, question_sealed = null
         where task_id = $1 and closed_at is null {if_too}"
    );
    if tx.execute(&sql, args![task.as_str(), now]).await? == 0 {
        return Err(missing("answer to task", task.as_str()));
    }
    Ok(())
}
