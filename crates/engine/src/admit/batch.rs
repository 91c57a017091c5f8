//! Creates as they are written: all that wait at a moment in one transaction (ADR 3).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fiveone_store::{Admitted, NewTask, Writer};
use tokio::sync::{mpsc, oneshot};

use crate::persist::Persistence;

/// The most creates written in one transaction.
pub(super) const BATCH_MAX: usize = 64;

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
