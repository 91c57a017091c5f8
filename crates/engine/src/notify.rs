//! Notifying: callbacks posted until acknowledged, on the documented schedule (§9).

mod receiver;

use std::sync::Arc;
use std::time::Duration;

use fiveone_model::callback::{retry_at, token_key, webhook_signature};
use fiveone_store::{Attempt, CallbackRow, Store};
use tokio_util::sync::CancellationToken;

use crate::signals::Signals;
use crate::time::Time;
use crate::{Accounts, Fault};

pub(crate) use receiver::Receiver;

/// Added to an attempt's own limit before another node may try the same callback.
const GRACE_MS: i64 = 20_000;

/// Delivers callbacks. It knows nothing of tasks and portals: a callback is a row.
pub(crate) struct Notifier {
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
    pub(crate) receiver: Receiver,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    /// When it is to end.
    pub(crate) end: CancellationToken,
    /// How long one attempt may take.
    pub(crate) attempt_for_ms: u64,
    /// How many are made at once.
    pub(crate) at_once_max: i64,
}

impl Notifier {
    /// Sends what is due, until the node has stopped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            let next = match self.send_due().await {
                Ok(next) => next,
                Err(fault) => {
                    tracing::error!(error = &fault as &dyn std::error::Error, "callbacks not sent");
                    None
                }
            };
            // Another node may have queued one, or died while sending: look at least each minute.
            let look_at = next.unwrap_or(i64::MAX).min(self.time.now() + 60_000);
            tokio::select! {
                () = self.end.cancelled() => return,
                () = self.signals.callbacks.notified() => {}
                () = self.time.until(look_at) => {}
            }
        }
    }

    /// Sends every callback that is due; returns when the next one is.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn send_due(&self) -> Result<Option<i64>, Fault> {
        loop {
            let now = self.time.now();
            let for_ms = i64::try_from(self.attempt_for_ms).unwrap_or(i64::MAX / 2);
            let busy_until = now + for_ms + GRACE_MS;
            let limit = self.at_once_max;
            let due = self.store.write.take_due_callbacks(now, busy_until, limit).await?;
            if due.is_empty() {
                return Ok(self.store.read.next_callback_at().await?);
            }
            let sends = due.iter().map(|callback| self.send_callback(callback));
            for outcome in futures_util::future::join_all(sends).await {
                outcome?;
            }
        }
    }

    async fn send_callback(&self, callback: &CallbackRow) -> Result<(), Fault> {
        let (http_status, error) = match self.post_callback(callback).await {
            Ok(answered) => answered,
            Err(fault) => {
                tracing::error!(
                    id = callback.id,
                    error = &fault as &dyn std::error::Error,
                    "callback not made"
                );
                (None, Some("internal".to_owned()))
            }
        };
        let now = self.time.now();
        let next_at = error.as_ref().and_then(|_| retry_at(callback.attempts + 1, now));
        let outcome = if error.is_none() { "delivered" } else { "failed" };
        metrics::counter!(crate::metric::CALLBACK_ATTEMPTS, "outcome" => outcome).increment(1);
        tracing::info!(
            tid = %callback.task_id,
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

    /// One attempt: the receiver's status, and why it does not count.
    async fn post_callback(
        &self,
        callback: &CallbackRow,
    ) -> Result<(Option<u16>, Option<String>), Fault> {
        let gone = || Fault::Impossible(format!("callback {} has no app", callback.id));
        let entry = self.accounts.find(&callback.app_id).await?.ok_or_else(gone)?;
        let (tid, code) = (callback.task_id.as_str(), callback.code.to_string());
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("tid", tid)
            .append_pair("status", &code)
            .append_pair("msg", &callback.msg)
            .append_pair(
                "tokenKey",
                &token_key(&callback.url, &entry.token, tid, &code, &callback.msg),
            )
            .finish();
        let timestamp_s = self.time.now() / 1_000;
        let signature = webhook_signature(entry.token.as_bytes(), &callback.id, timestamp_s, &body);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded;charset=UTF-8".to_owned()),
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

#[cfg(test)]
mod tests {
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

    #[tokio::test]
    async fn a_callback_is_tried_again_until_it_is_acknowledged() {
        let store = TestStore::sqlite().await;
        let options = Options { callbacks_to_private: true, ..Options::default() };
        let wiring = wiring(&store, options).await;
        admit_for_another_node(&wiring, 1).await;
        let task = build::task_id(1);
        let callback = NewCallback {
            id: "msg_1".to_owned(),
            task: task.clone(),
            app_id: build::app_id("a"),
            url: receiver(&["500 No", "200 OK"]).await,
            code: 50002,
            msg: "爬取失败".to_owned(),
            now: NOW,
        };
        store.write.queue_callback(&callback).await.unwrap();
        let notifier = wiring.notifier().unwrap();
        assert_eq!(notifier.send_due().await.unwrap(), Some(NOW + 5_000), "a 500 is none");
        assert_eq!(store.read.callbacks_of(&task).await.unwrap(), [("pending".to_owned(), 1)]);
        let later = Notifier {
            time: Arc::new(crate::time::Standing(NOW + 5_000)),
            receiver: Receiver::new(true).unwrap(),
            ..Arc::into_inner(notifier).unwrap()
        };
        assert_eq!(later.send_due().await.unwrap(), None);
        assert_eq!(store.read.callbacks_of(&task).await.unwrap(), [("delivered".to_owned(), 2)]);
    }
}
