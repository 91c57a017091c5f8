//! Admission: the price held, the task written and queued, in one transaction (P-31…P-33).

use fiveone_model::clock::Millis;
use fiveone_model::ledger::{BooksKey, EntryKind};
use fiveone_model::task::TaskId;

use crate::db::{Tx, args};
use crate::ledger::{Posted, Posting, lock_wallets, post};
use crate::new_task::{Admitted, Idempotency, NewTask};
use crate::quota::Counts;
use crate::sections;
use crate::{Error, Writer, task_id};

/// How often a create looks for the twin that kept it from being written.
const TRIES_MAX: usize = 3;

impl Writer {
    /// Admits creates in one transaction: for each, the price is held, the task is written and
    /// queued, or nothing is (P-31…P-33).
    ///
    /// # Errors
    /// The database failed, and none was admitted.
    pub async fn admit(&self, batch: &[NewTask], now: Millis) -> Result<Vec<Admitted>, Error> {
        let key = self.books.key()?;
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut tx = self.db.begin().await?;
        let apps = batch.iter().map(|new| new.app_id.clone()).collect();
        lock_wallets(&mut tx, &apps).await?;
        let mut counts = Counts::default();
        for new in batch {
            outcomes.push(admit_one(&mut tx, (&mut counts, key), new, now).await?);
        }
        counts.keep(&mut tx).await?;
        tx.commit().await?;
        Ok(outcomes)
    }
}

async fn admit_one(
    tx: &mut Tx,
    (counts, key): (&mut Counts, &BooksKey),
    new: &NewTask,
    now: Millis,
) -> Result<Admitted, Error> {
    if let Some(earlier) = remember_key(tx, new).await? {
        return Ok(earlier);
    }
    // A twin is answered with itself, however much its app has.
    if let Some(twin) = twin_of(tx, new).await? {
        return Ok(Admitted::Twin(twin));
    }
    if let Some(refusal) = counts.one_more(tx, new, now).await? {
        forget_key(tx, new).await?;
        return Ok(refusal);
    }
    // On PostgreSQL a twin may end between the two statements; then there is none any more.
    for _ in 0..TRIES_MAX {
        if insert_task(tx, new, now).await? {
            let held = hold(tx, key, new, now).await?;
            if held != Admitted::New {
                counts.one_less(&new.app_id);
            }
            return Ok(held);
        }
        if let Some(twin) = twin_of(tx, new).await? {
            return Ok(Admitted::Twin(twin));
        }
    }
    Err(Error::Stale { what: "twin of task", id: new.id.to_string() })
}

/// Writes the task, unless a running one has the same fingerprint.
async fn insert_task(tx: &mut Tx, new: &NewTask, now: Millis) -> Result<bool, Error> {
    let made = tx
        .execute(
            "insert into task (id, app_id, product, area, login_type, stage, detail, fence,
               node_id, login_sealed, person, fingerprint, created_at, updated_at, due_at,
               login_digest, withheld_until, is_test, link_id)
             values ($1, $2, $3, $4, $5, 'queued', '', 0, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14,
               $15)
             on conflict (app_id, fingerprint) where fingerprint is not null do nothing",
            args![
                new.id.as_str(),
                new.app_id.as_str(),
                new.product.as_str(),
                new.area.as_str(),
                i64::from(new.login_type),
                &new.node_id,
                &new.login_sealed,
                new.person.as_deref(),
                &new.fingerprint,
                now,
                new.due_at,
                new.login_digest.as_deref(),
                new.withheld_until,
                new.is_test,
                new.link.as_deref(),
            ],
        )
        .await?;
    if made == 1 {
        let sql = "insert into task_key (task_id, sealed) values ($1, $2)";
        tx.execute(sql, args![new.id.as_str(), &new.data_key]).await?;
        for row in &new.kept_sections {
            sections::insert(tx, &new.id, row).await?;
        }
    }
    Ok(made == 1)
}

/// Holds the price of a task that was just written; without the money it is gone again.
async fn hold(tx: &mut Tx, key: &BooksKey, new: &NewTask, now: Millis) -> Result<Admitted, Error> {
    let amount_fen = new.tariff.price_fen;
    let task = new.id.as_str();
    let hold = Posting {
        app: &new.app_id,
        kind: EntryKind::Hold,
        amount_fen,
        task: Some(&new.id),
        note: new.tariff.partial.as_str(),
        at: now,
    };
    if post(tx, key, &hold).await? == Posted::Overdrawn {
        tx.execute("delete from section where task_id = $1", args![task]).await?;
        tx.execute("delete from task_key where task_id = $1", args![task]).await?;
        tx.execute("delete from task where id = $1", args![task]).await?;
        forget_key(tx, new).await?;
        return Ok(Admitted::NoBalance);
    }
    tx.execute(
        "insert into hold (task_id, app_id, amount_fen, partial_rule, state, due_at)
         values ($1, $2, $3, $4, 'open', $5)",
        args![task, new.app_id.as_str(), amount_fen, new.tariff.partial.as_str(), new.hold_due_at],
    )
    .await?;
    Ok(Admitted::New)
}

/// Takes the create's idempotency key for it; returns what the key stands for when it is taken.
async fn remember_key(tx: &mut Tx, new: &NewTask) -> Result<Option<Admitted>, Error> {
    let Some(Idempotency { key, about }) = &new.idempotency else { return Ok(None) };
    let made = tx
        .execute(
            "insert into idempotency (app_id, key, task_id, about, wipe_after)
             values ($1, $2, $3, $4, $5)
             on conflict (app_id, key) do nothing",
            args![
                new.app_id.as_str(),
                key.as_str(),
                new.id.as_str(),
                about.first().map_or("", String::as_str),
                new.idempotency_until
            ],
        )
        .await?;
    if made == 1 {
        return Ok(None);
    }
    let row = tx
        .fetch_one(
            "select task_id, about from idempotency where app_id = $1 and key = $2",
            args![new.app_id.as_str(), key.as_str()],
        )
        .await?
        .ok_or_else(|| Error::Stale { what: "idempotency key", id: key.as_str().to_owned() })?;
    let stored = row.text(1)?;
    if !about.contains(&stored) {
        return Ok(Some(Admitted::KeyReused));
    }
    Ok(Some(Admitted::Twin(task_id(&row, 0, "idempotency")?)))
}

async fn forget_key(tx: &mut Tx, new: &NewTask) -> Result<(), Error> {
    let Some(Idempotency { key, .. }) = &new.idempotency else { return Ok(()) };
    tx.execute(
        "delete from idempotency where app_id = $1 and key = $2",
        args![new.app_id.as_str(), key.as_str()],
    )
    .await
    .map(drop)
}

/// The running task that has the same fingerprint; the key, if any, now stands for it.
async fn twin_of(tx: &mut Tx, new: &NewTask) -> Result<Option<TaskId>, Error> {
    let row = tx
        .fetch_one(
            "select id from task where app_id = $1 and fingerprint = $2",
            args![new.app_id.as_str(), &new.fingerprint],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id = task_id(&row, 0, "task")?;
    if let Some(Idempotency { key, .. }) = &new.idempotency {
        tx.execute(
            "update idempotency set task_id = $3 where app_id = $1 and key = $2",
            args![new.app_id.as_str(), key.as_str(), id.as_str()],
        )
        .await?;
    }
    Ok(Some(id))
}
