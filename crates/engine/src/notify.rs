//! Notifying: callbacks posted until acknowledged, on the documented schedule (§9).

mod places;
mod receiver;

use std::sync::Arc;
use std::time::Duration;

use fiveone_model::app::AppId;
use fiveone_model::callback::{retry_at, token_key, webhook_signature};
use fiveone_model::state_code::StateCode;
use fiveone_model::task::TaskId;
use fiveone_store::{Attempt, CallbackAbout, CallbackRow, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::persist::Passing as _;
use crate::seal::random;
use crate::signals::Signals;
use crate::time::Time;
use crate::{Accounts, AppEntry, Fault, causes};

pub(crate) use places::Places;
pub(crate) use receiver::HttpReceiver;
pub use receiver::{Receiver, callback_address, reach_callback};

/// Added to an attempt's own limit before another node may try the same callback.
const GRACE_MS: i64 = 20_000;

/// How often it is looked for callbacks that another node has queued or given up.
const LOOK_EVERY_MS: i64 = 5_000;

/// What became of a callback that was tried once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its `webhook-id`.
    pub id: String,
    /// The receiver's status, if it answered.
    pub http_status: Option<u16>,
    /// Why it would be tried again; `None` when it was acknowledged.
    pub error: Option<String>,
}

/// Delivers callbacks. It knows nothing of tasks and portals: a callback is a row.
pub(crate) struct Notifier {
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
    pub(crate) receiver: Arc<dyn Receiver>,
    pub(crate) places: Places,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    /// When it is to end.
    pub(crate) end: CancellationToken,
    /// How long one attempt may take.
    pub(crate) attempt_for_ms: u64,
}

impl Notifier {
    /// Sends what is due, until the node has stopped. Each attempt runs by itself: what is due
    /// meanwhile is looked for when one begins to be due and when one ends.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut attempts = JoinSet::new();
        loop {
            let now = self.time.now();
            let begun = self.begin_due(&mut attempts, now).await;
            let next = match begun.and(self.next_after(now).await) {
                Ok(next) => next,
                Err(fault) => {
                    log_unsent(&fault);
                    None
                }
            };
            let look_at = next.unwrap_or(i64::MAX).min(self.time.now() + LOOK_EVERY_MS);
            tokio::select! {
                biased;
                () = self.end.cancelled() => return,
                () = self.signals.callbacks.notified() => {}
                Some(_) = attempts.join_next() => {}
                () = self.time.until(look_at) => {}
            }
        }
    }

    /// Sends every callback that is due and waits for their ends; returns when the next one is due.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn send_due(self: &Arc<Self>) -> Result<Option<i64>, Fault> {
        let mut attempts = JoinSet::new();
        loop {
            let now = self.time.now();
            let begun = self.begin_due(&mut attempts, now).await?;
            if attempts.join_next().await.is_none() && begun == 0 {
                return self.next_after(now).await;
            }
        }
    }

    /// When the next is due of those that were not when it was looked for them.
    async fn next_after(&self, now: i64) -> Result<Option<i64>, Fault> {
        Ok(self.store.read.next_callback_after(now).await?)
    }

    /// Begins an attempt at every callback that is due and whose app has a place; how many. An app
    /// whose rows cannot be read holds up no other.
    async fn begin_due(
        self: &Arc<Self>,
        attempts: &mut JoinSet<()>,
        now: i64,
    ) -> Result<usize, Fault> {
        let for_ms = i64::try_from(self.attempt_for_ms).unwrap_or(i64::MAX / 2);
        let busy_until = now + for_ms + GRACE_MS;
        let mut begun = 0;
        for app in self.store.read.apps_with_due_callbacks(now).await? {
            let places = self.places.take(&app);
            let limit = i64::try_from(places.len()).unwrap_or(i64::MAX);
            if limit == 0 {
                continue;
            }
            match self.store.write.take_due_callbacks(&app, now, busy_until, limit).await {
                Ok(due) => {
                    self.note_unreadable(&due.unreadable);
                    begun += due.taken.len();
                    for (callback, place) in due.taken.into_iter().zip(places) {
                        let notifier = Arc::clone(self);
                        attempts.spawn(async move {
                            if let Err(fault) = notifier.send_callback(&callback).await {
                                log_unsent(&fault);
                            }
                            drop(place);
                        });
                    }
                }
                Err(error) => log_unsent(&error.into()),
            }
        }
        Ok(begun)
    }

    /// Tells of callbacks that were set aside, and looks again: others may have waited behind them.
    fn note_unreadable(&self, unreadable: &[(String, fiveone_store::Error)]) {
        for (id, error) in unreadable {
            tracing::error!(id, error = causes(error), "callback set aside");
            metrics::counter!(crate::metric::CALLBACKS_SET_ASIDE).increment(1);
            self.signals.callbacks.notify_one();
        }
    }

    async fn send_callback(&self, callback: &CallbackRow) -> Result<(), Fault> {
        let (http_status, error) = match self.post_callback(callback).await {
            Ok(answered) => answered,
            // Nothing was sent, and the next try is not the second: it is made as soon as another
            // node might make it.
            Err(fault) if fault.passes() => return Err(fault),
            Err(fault) => {
                tracing::error!(id = callback.id, error = causes(&fault), "callback not made");
                (None, Some("internal".to_owned()))
            }
        };
        let now = self.time.now();
        let made = callback.attempts.saturating_sub(callback.attempts_before) + 1;
        let next_at = error.as_ref().and_then(|_| retry_at(made, now));
        let outcome = if error.is_none() { "delivered" } else { "failed" };
        metrics::counter!(crate::metric::CALLBACK_ATTEMPTS, "outcome" => outcome).increment(1);
        tracing::info!(
            tid = callback.about.task().map(tracing::field::display),
            link = callback.about.link(),
            id = callback.id,
            ?http_status,
            error,
            ?next_at,
            "callback"
        );
        let attempt = Attempt { http_status, error, next_at };
        match self.store.write.record_attempt(callback, &attempt, now).await {
            Err(fiveone_store::Error::Stale { .. }) => Ok(()),
            other => Ok(other?),
        }
    }

    /// One attempt at an address, with a callback that tells of no task: signed as all others, kept nowhere
    /// and not tried again.
    ///
    /// # Errors
    /// The app is gone, or the system gives no random bytes.
    pub(crate) async fn try_address(&self, app: &AppId, url: &str) -> Result<Tried, Fault> {
        let none = TaskId::from_random([0; 16]);
        let callback = CallbackRow {
            id: format!("msg_test_{}", hex::encode(random::<8>()?)),
            about: CallbackAbout::Task { id: none, code: StateCode::LOGGING_IN.number() },
            app_id: app.clone(),
            url: url.to_owned(),
            msg: "回调测试".to_owned(),
            seq: 0,
            attempts: 0,
            attempts_before: 0,
        };
        let (http_status, error) = self.post_callback(&callback).await?;
        Ok(Tried { id: callback.id, http_status, error })
    }

    /// One attempt: the receiver's status, and why it does not count.
    async fn post_callback(
        &self,
        callback: &CallbackRow,
    ) -> Result<(Option<u16>, Option<String>), Fault> {
        let gone = || Fault::Impossible(format!("callback {} has no app", callback.id));
        let entry = self.accounts.find(&callback.app_id).await?.ok_or_else(gone)?;
        let (kind, body) = body_of(callback, &entry);
        let timestamp_s = self.time.now() / 1_000;
        // Whichever secret the receiver has by now: the convention lets several stand side by side.
        let signatures = entry
            .tokens()
            .map(|token| webhook_signature(token.as_bytes(), &callback.id, timestamp_s, &body));
        let signature = signatures.collect::<Vec<_>>().join(" ");
        let headers = [
            ("content-type", kind.to_owned()),
            ("webhook-id", callback.id.clone()),
            ("webhook-timestamp", timestamp_s.to_string()),
            ("webhook-signature", signature),
        ];
        let limit = Duration::from_millis(self.attempt_for_ms);
        Ok(match self.receiver.post(&callback.url, headers, body, limit).await {
            Ok(status) => {
                let is_acknowledged = if entry.app.acknowledges_by_201 {
                    status == 201
                } else {
                    (200..300).contains(&status)
                };
                (Some(status), (!is_acknowledged).then(|| format!("HTTP {status}")))
            }
            Err(error) => (None, Some(error)),
        })
    }
}

/// What is posted, and what it is: a form about a task, JSON about a link.
fn body_of(callback: &CallbackRow, entry: &AppEntry) -> (&'static str, String) {
    let CallbackAbout::Task { id, code } = &callback.about else {
        return ("application/json;charset=UTF-8", callback.msg.clone());
    };
    let (tid, code, msg) = (id.as_str(), code.to_string(), &callback.msg);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("tid", tid)
        .append_pair("status", &code)
        .append_pair("msg", msg)
        .append_pair("tokenKey", &token_key(&callback.url, &entry.token, tid, &code, msg))
        .finish();
    ("application/x-www-form-urlencoded;charset=UTF-8", body)
}

fn log_unsent(fault: &Fault) {
    tracing::error!(error = causes(fault), "callbacks not sent");
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use fiveone_store::NewCallback;
    use fiveone_testkit::{TestStore, build};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::Options;
    use crate::wiring::tests::{NOW, admit_for_another_node, wiring};

    /// Answers each call on a socket with the next of these statuses; its address.
    async fn receiver(statuses: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for status in statuses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let read = stream.read(&mut [0; 4_096]).await.unwrap();
                assert!(read > 0);
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close");
                stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.unwrap();
            }
        });
        address
    }

    /// Takes connections and never answers; its address.
    async fn silent_receiver() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut kept = Vec::new();
            loop {
                kept.push(listener.accept().await.unwrap());
            }
        });
        address
    }

    fn callback(app: &str, task: u32, id: &str, url: &str) -> NewCallback {
        NewCallback {
            id: id.to_owned(),
            about: CallbackAbout::Task { id: build::task_id(task), code: 50002 },
            app_id: build::app_id(app),
            url: url.to_owned(),
            msg: "爬取失败".to_owned(),
            now: NOW,
        }
    }

    #[tokio::test]
    async fn a_callback_is_tried_again_until_it_is_acknowledged() {
        let store = TestStore::sqlite().await;
        let options = Options { callbacks_to_private: true, ..Options::default() };
        let wiring = wiring(&store, options).await;
        admit_for_another_node(&wiring, 1).await;
        let task = build::task_id(1);
        let url = receiver(&["500 No", "200 OK"]).await;
        store.write.queue_callback(&callback("a", 1, "msg_1", &url)).await.unwrap();
        let notifier = wiring.notifier(Arc::new(HttpReceiver::new(true).unwrap()));
        assert_eq!(notifier.send_due().await.unwrap(), Some(NOW + 5_000), "a 500 is none");
        assert_eq!(store.read.callbacks_of(&task).await.unwrap(), [("pending".to_owned(), 1)]);
        let later = Arc::new(Notifier {
            time: Arc::new(crate::time::Standing(NOW + 5_000)),
            receiver: Arc::new(HttpReceiver::new(true).unwrap()),
            ..Arc::into_inner(notifier).unwrap()
        });
        assert_eq!(later.send_due().await.unwrap(), None);
        assert_eq!(store.read.callbacks_of(&task).await.unwrap(), [("delivered".to_owned(), 2)]);
    }

    #[tokio::test]
    async fn a_callback_that_cannot_be_read_holds_up_no_other_of_its_app() {
        let store = TestStore::sqlite().await;
        let options = Options {
            callbacks_to_private: true,
            callbacks_max: 1,
            callbacks_per_app_max: 1,
            ..Options::default()
        };
        let wiring = wiring(&store, options).await;
        let url = receiver(&["200 OK"]).await;
        for task in 1..=2 {
            admit_for_another_node(&wiring, task).await;
            let id = format!("msg_{task}");
            store.write.queue_callback(&callback("a", task, &id, &url)).await.unwrap();
        }
        store.execute("update callback set code = 'none' where id = 'msg_1'").await;
        let running =
            tokio::spawn(wiring.notifier(Arc::new(HttpReceiver::new(true).unwrap())).run());
        let delivered = [("delivered".to_owned(), 1)];
        while store.read.callbacks_of(&build::task_id(2)).await.unwrap() != delivered {
            tokio::task::yield_now().await;
        }
        let aside = store.read.callbacks_of(&build::task_id(1)).await.unwrap();
        assert_eq!(aside, [("exhausted".to_owned(), 1)]);
        running.abort();
    }

    /// A database that is away.
    struct Away;

    impl fiveone_store::Faults for Away {
        fn pass(&self, _point: fiveone_store::Point) -> Pin<Box<dyn Future<Output = bool> + Send>> {
            Box::pin(std::future::ready(false))
        }
    }

    #[tokio::test]
    async fn a_store_that_is_away_uses_up_no_try() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        admit_for_another_node(&wiring, 1).await;
        let callback = callback("a", 1, "msg_1", "http://127.0.0.1:1/");
        store.write.queue_callback(&callback).await.unwrap();
        let notifier = wiring.notifier(Arc::new(HttpReceiver::new(true).unwrap()));
        let away = store.with_faults(Arc::new(Away), tokio::runtime::Handle::current());
        let notifier = Arc::new(Notifier {
            accounts: Accounts::new(away, wiring.keys.clone(), Arc::clone(&wiring.time)),
            ..Arc::into_inner(notifier).unwrap()
        });
        let attempt_and_grace = 10_000 + GRACE_MS;
        assert_eq!(notifier.send_due().await.unwrap(), Some(NOW + attempt_and_grace));
        let callbacks = store.read.callbacks_of(&build::task_id(1)).await.unwrap();
        assert_eq!(callbacks, [("pending".to_owned(), 0)]);
    }

    #[tokio::test]
    async fn one_slow_receiver_delays_nobody_else() {
        let store = TestStore::sqlite().await;
        let options = Options {
            callbacks_to_private: true,
            callback_for_ms: 3_600_000,
            callbacks_max: 4,
            callbacks_per_app_max: 4,
            ..Options::default()
        };
        let wiring = wiring(&store, options).await;
        let app = fiveone_model::app::App::new(build::app_id("b"), "").with_all_grants();
        assert!(wiring.accounts.create(app, "TOKEN002").await.unwrap());
        wiring.accounts.topup(&build::app_id("a"), 1_000_000, "").await.unwrap();
        let silent = silent_receiver().await;
        for task in 1..=20 {
            admit_for_another_node(&wiring, task).await;
            let id = format!("msg_{task}");
            store.write.queue_callback(&callback("a", task, &id, &silent)).await.unwrap();
        }
        let running =
            tokio::spawn(wiring.notifier(Arc::new(HttpReceiver::new(true).unwrap())).run());
        let quick = receiver(&["200 OK", "200 OK", "200 OK"]).await;
        for task in 21..=23 {
            admit_for_another_node(&wiring, task).await;
            // The slow ones hold every place there is, and b's come while they do.
            let id = format!("msg_{task}");
            store.write.queue_callback(&callback("b", task, &id, &quick)).await.unwrap();
            wiring.signals.callbacks.notify_one();
            let expected = [("delivered".to_owned(), 1)];
            while store.read.callbacks_of(&build::task_id(task)).await.unwrap() != expected {
                tokio::task::yield_now().await;
            }
        }
        let waiting = store.read.callbacks_of(&build::task_id(1)).await.unwrap();
        assert_eq!(waiting, [("pending".to_owned(), 0)], "the slow one is still waited for");
        running.abort();
    }
}
