//! Notifying: callbacks posted until acknowledged, on the documented schedule (§9).

mod receiver;

use std::time::Duration;

use fiveone_model::callback::{retry_at, token_key, webhook_signature};
use fiveone_store::{Attempt, CallbackRow};

use crate::{Engine, Fault};

pub(crate) use receiver::Receiver;

/// Added to an attempt's own limit before another node may try the same callback.
const GRACE_MS: i64 = 20_000;

impl Engine {
    /// Sends what is due, until the node has stopped.
    pub(crate) async fn notify_loop(self) {
        loop {
            let next = match self.send_due_callbacks().await {
                Ok(next) => next,
                Err(fault) => {
                    tracing::error!(error = &fault as &dyn std::error::Error, "callbacks not sent");
                    None
                }
            };
            // Another node may have queued one, or died while sending: look at least each minute.
            let look_at = next.unwrap_or(i64::MAX).min(self.now() + 60_000);
            tokio::select! {
                () = self.0.abandon.cancelled() => return,
                () = self.0.signals.callbacks.notified() => {}
                () = self.0.time.until(look_at) => {}
            }
        }
    }

    /// Sends every callback that is due; tells when the next one is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn send_due_callbacks(&self) -> Result<Option<i64>, Fault> {
        loop {
            let now = self.now();
            let for_ms = i64::try_from(self.0.options.callback_for_ms).unwrap_or(i64::MAX / 2);
            let busy_until = now + for_ms + GRACE_MS;
            let limit = self.0.options.callbacks_max;
            let due = self.0.store.write.take_due_callbacks(now, busy_until, limit).await?;
            if due.is_empty() {
                return Ok(self.0.store.read.next_callback_at().await?);
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
        let now = self.now();
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
        match self.0.store.write.record_attempt(callback, &attempt, now).await {
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
        let entry = self.0.accounts.find(&callback.app_id).await?.ok_or_else(gone)?;
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
        let timestamp_s = self.now() / 1_000;
        let signature = webhook_signature(&entry.token, &callback.id, timestamp_s, &body);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded;charset=UTF-8".to_owned()),
            ("webhook-id", callback.id.clone()),
            ("webhook-timestamp", timestamp_s.to_string()),
            ("webhook-signature", signature),
        ];
        let limit = Duration::from_millis(self.0.options.callback_for_ms);
        Ok(match self.0.receiver.post(&callback.url, headers, body, limit).await {
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
