//! Erasing on request: a task, all of a person, or what is old, with a receipt that holds numbers and
//! nothing of a person. It needs no running node.

use std::sync::Arc;

use fiveone_model::app::AppId;
use fiveone_model::clock::{Millis, shanghai_text};
use fiveone_model::task::TaskId;
use fiveone_store::{Erase, Erased, Store};
use serde::Serialize;

use crate::Fault;
use crate::persist::Passing as _;
use crate::persons::Persons;
use crate::seal::{DeploymentKeys, random};
use crate::time::Time;

/// Tasks erased in one transaction.
const BATCH: i64 = 50;
/// How often a transaction is tried that stood in another one's way.
const TRIES_MAX: usize = 5;

/// Erases what a store holds of persons.
pub struct Eraser {
    store: Store,
    keys: DeploymentKeys,
    time: Arc<dyn Time>,
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Its own id.
    pub receipt: String,
    /// When, in Asia/Shanghai.
    pub at: String,
    /// `task`, `person` or `age`.
    pub by: &'static str,
    /// The task, when it was one; it tells nothing of its person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tid: Option<String>,
    /// The app, when only its tasks were meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// What ended before this was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_before: Option<String>,
    /// Tasks erased.
    pub tasks: u64,
    /// Tasks under way, which are erased when they end.
    pub under_way: u64,
    /// Rows that are gone or have lost what led to a person, by kind.
    pub rows: Rows,
    /// Whether SQLite's log was emptied; nothing on a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_emptied: Option<bool>,
}

/// Rows by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows {
    /// Keys of tasks: without them all copies of what they sealed are noise.
    pub keys: u64,
    /// Sections and their findings.
    pub sections: u64,
    /// Questions.
    pub questions: u64,
    /// Reasons of failures.
    pub reasons: u64,
    /// Texts of callbacks.
    pub messages: u64,
    /// Idempotency keys.
    pub idempotency_keys: u64,
}

impl Eraser {
    /// The eraser of a store.
    #[must_use]
    pub fn new(store: Store, keys: DeploymentKeys, time: Arc<dyn Time>) -> Self {
        Self { store, keys, time }
    }

    /// Erases a task; `None` when there is none of this id.
    ///
    /// # Errors
    /// The store failed.
    pub async fn task(&self, id: &TaskId) -> Result<Option<Receipt>, Fault> {
        if self.store.read.task(id).await?.is_none() {
            return Ok(None);
        }
        let receipt = self.new_receipt("task")?;
        let receipt = Receipt { tid: Some(id.to_string()), ..receipt };
        self.erase(&Erase::Task(id.clone()), receipt).await.map(Some)
    }

    /// Erases every task that this identity number was typed for.
    ///
    /// # Errors
    /// The store failed, or the deployment key is another deployment's.
    pub async fn person(&self, id_number: &str, app: Option<AppId>) -> Result<Receipt, Fault> {
        let persons = Persons::open(&self.store, &self.keys, self.time.now()).await?;
        let receipt = self.new_receipt("person")?;
        let receipt = Receipt { app: app.as_ref().map(|app| app.as_str().to_owned()), ..receipt };
        let digest = persons.digest(id_number);
        self.erase(&Erase::Person { digest, app }, receipt).await
    }

    /// Erases every task that ended before an instant.
    ///
    /// # Errors
    /// The store failed.
    pub async fn ended_before(&self, at: Millis) -> Result<Receipt, Fault> {
        let receipt = self.new_receipt("age")?;
        let receipt = Receipt { ended_before: Some(shanghai_text(at)), ..receipt };
        self.erase(&Erase::EndedBefore(at), receipt).await
    }

    /// The newest receipts, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn receipts(&self, limit: i64) -> Result<Vec<String>, Fault> {
        Ok(self.store.read.receipts(limit).await?)
    }

    fn new_receipt(&self, by: &'static str) -> Result<Receipt, Fault> {
        Ok(Receipt {
            receipt: format!("erasure_{}", hex::encode(random::<8>()?)),
            at: shanghai_text(self.time.now()),
            by,
            tid: None,
            app: None,
            ended_before: None,
            tasks: 0,
            under_way: 0,
            rows: Rows::from(&Erased::default()),
            log_emptied: None,
        })
    }

    async fn erase(&self, what: &Erase, mut receipt: Receipt) -> Result<Receipt, Fault> {
        let mut all = Erased::default();
        loop {
            let erased = self.erase_batch(what).await?;
            if erased.tasks + erased.under_way == 0 {
                break;
            }
            all.add(&erased);
        }
        (receipt.tasks, receipt.under_way, receipt.rows) =
            (all.tasks, all.under_way, Rows::from(&all));
        receipt.log_emptied = self.store.write.empty_log().await?;
        let text = serde_json::to_string(&receipt)
            .map_err(|error| Fault::Impossible(format!("a receipt is no JSON: {error}")))?;
        self.store.write.keep_receipt(&receipt.receipt, &text, self.time.now()).await?;
        Ok(receipt)
    }

    async fn erase_batch(&self, what: &Erase) -> Result<Erased, Fault> {
        let mut tries = 1;
        loop {
            match self.store.write.erase(what, self.time.now(), BATCH).await {
                Err(error) if error.passes() && tries < TRIES_MAX => tries += 1,
                other => return Ok(other?),
            }
        }
    }
}

impl From<&Erased> for Rows {
    fn from(erased: &Erased) -> Self {
        let &Erased { keys, sections, questions, reasons, messages, idempotency_keys, .. } = erased;
        Self { keys, sections, questions, reasons, messages, idempotency_keys }
    }
}
