//! The sandbox of test apps and test keys: what their next task comes to, the end of one that is under
//! way, a callback of any code, and a model city that is down for them alone. None of it touches a task
//! that is no test.

use fiveone_model::app::AppId;
use fiveone_model::failure::Failure;
use fiveone_model::sandbox::{self, Sandbox};
use fiveone_model::state_code::StateCode;
use fiveone_model::task::TaskId;
use fiveone_store::{CallbackAbout, NewCallback, Viewer};

use crate::seal::random;
use crate::{Engine, Fault};

/// What became of a wish about a test task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forced {
    /// It is done; of a callback, its id.
    Done(String),
    /// The app has no such task.
    Unknown,
    /// It is a task that costs money.
    NoTest,
    /// It has ended.
    Ended,
    /// No test comes to this code so.
    NoSuchCode,
    /// The app has no callback address for the product.
    NoAddress,
}

impl Engine {
    /// What an app set up.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sandbox(&self, app: &AppId) -> Result<Sandbox, Fault> {
        Ok(self.0.wiring.store.read.sandbox(app).await?)
    }

    /// Leads the app's next test task to a code, or to whatever its password says; `false` when no password
    /// leads there.
    ///
    /// # Errors
    /// The store failed.
    pub async fn wish_next(&self, app: &AppId, code: Option<u32>) -> Result<bool, Fault> {
        if code.is_some_and(|code| sandbox::password_for(code).is_none()) {
            return Ok(false);
        }
        self.0.wiring.store.write.wish_next(app, code).await?;
        Ok(true)
    }

    /// Takes the model city down for an app, or up again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_down(&self, app: &AppId, is_down: bool) -> Result<(), Fault> {
        Ok(self.0.wiring.store.write.take_down(app, is_down).await?)
    }

    /// Fails a test task that is under way, at once.
    ///
    /// # Errors
    /// The store failed.
    pub async fn fail_test(&self, app: &AppId, tid: &str, code: u32) -> Result<Forced, Fault> {
        let Some(kind) = sandbox::failure_for(code) else { return Ok(Forced::NoSuchCode) };
        let Some(id) = TaskId::parse(tid) else { return Ok(Forced::Unknown) };
        let line = self.0.wiring.store.read.task_of(Viewer::App, app, &id).await?;
        let Some(line) = line else { return Ok(Forced::Unknown) };
        if !line.task.is_test {
            return Ok(Forced::NoTest);
        }
        let is_ended = self.0.own.fail(&id, Failure::of(kind)).await?;
        Ok(if is_ended { Forced::Done(String::new()) } else { Forced::Ended })
    }

    /// Queues a callback about a test task with any code, sent and signed as all others.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn fire_callback(&self, app: &AppId, tid: &str, code: u32) -> Result<Forced, Fault> {
        let state = StateCode::parse(&code.to_string());
        let Some(state) = state else { return Ok(Forced::NoSuchCode) };
        let Some(id) = TaskId::parse(tid) else { return Ok(Forced::Unknown) };
        let store = &self.0.wiring.store;
        let line = store.read.task_of(Viewer::App, app, &id).await?;
        let Some(line) = line else { return Ok(Forced::Unknown) };
        if !line.task.is_test {
            return Ok(Forced::NoTest);
        }
        let Some(record) = self.0.wiring.apps.app(app).await? else { return Ok(Forced::Unknown) };
        let Some(address) = record.callback(line.task.product) else {
            return Ok(Forced::NoAddress);
        };
        let (code, msg) = record.dialect.state(state, state.label().to_owned());
        let callback = NewCallback {
            id: format!("msg_{}", hex::encode(random::<16>()?)),
            about: CallbackAbout::Task { id, code },
            app_id: app.clone(),
            url: address.url.clone(),
            msg,
            now: self.now(),
        };
        store.write.queue_callback(&callback).await?;
        self.0.wiring.signals.callbacks.notify_one();
        Ok(Forced::Done(callback.id))
    }
}
