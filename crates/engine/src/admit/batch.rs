//! Creates as they are written: all that wait at a moment in one transaction (ADR 3).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fiveone_model::clock::Millis;
use fiveone_store::{Admitted, NewTask, Writer};
use tokio::sync::{mpsc, oneshot};

use super::AdmitError;
use crate::Fault;
use crate::persist::Persistence;

/// The most creates written in one transaction.
const BATCH_MAX: usize = 64;

/// A create on its way into a transaction.
pub(crate) struct Pending {
    pub(super) new: NewTask,
    pub(super) reply: oneshot::Sender<Result<Admitted, Arc<fiveone_store::Error>>>,
}

/// Writes creates as they come, all that wait in one transaction.
pub(crate) struct BatchWriter {
    pub(super) write: Writer,
    pub(super) persistence: Persistence,
    pub(super) pending: mpsc::Receiver<Pending>,
    pub(super) written_ms: Arc<AtomicI64>,
}

impl BatchWriter {
    /// Writes until no [`Admission`] is left.
    pub(crate) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.pending.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let (news, replies): (Vec<_>, Vec<_>) =
                batch.drain(..).map(|one| (one.new, one.reply)).unzip();
            let (now, begun) = (self.persistence.time.now(), self.persistence.time.steady());
            let written = self.persistence.persist(|| self.write.admit(&news, now)).await;
            let written_ms = self.persistence.time.steady() - begun;
            self.written_ms.store(written_ms, Ordering::Relaxed);
            match written {
                Ok(outcomes) => {
                    for (reply, outcome) in replies.into_iter().zip(outcomes) {
                        // A caller that hung up finds its task by creating it again (P-32).
                        drop(reply.send(Ok(outcome)));
                    }
                }
                Err(error) => {
                    let error = Arc::new(error);
                    for reply in replies {
                        drop(reply.send(Err(Arc::clone(&error))));
                    }
                }
            }
        }
    }
}

/// Waits until a create is written or refused.
pub(super) async fn write(
    place: mpsc::Permit<'_, Pending>,
    new: NewTask,
) -> Result<Admitted, AdmitError> {
    let (reply, answer) = oneshot::channel();
    place.send(Pending { new, reply });
    let gone = || Fault::Impossible("the admission loop is gone".to_owned());
    answer.await.map_err(|_| gone())?.map_err(|error| Fault::Shared(error).into())
}

/// How long a create that comes behind `waiting` others waits for the end of its transaction, told by
/// how long the last one took. While none waits, its length is no reason to refuse.
pub(super) const fn wait_ms(waiting: usize, written_ms: Millis) -> Millis {
    let before = (waiting / BATCH_MAX) as Millis;
    if before == 0 { 0 } else { (before + 1) * written_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_create_waits_for_all_transactions_before_its_own() {
        assert_eq!(wait_ms(0, 5_000), 0, "a slow disk alone refuses nobody");
        assert_eq!(wait_ms(BATCH_MAX - 1, 5_000), 0);
        assert_eq!(wait_ms(BATCH_MAX, 30), 60);
        assert_eq!(wait_ms(3 * BATCH_MAX + 1, 30), 120);
    }
}
