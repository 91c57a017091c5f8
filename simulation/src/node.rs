//! A node of a simulation: an engine on a runtime of its own, which only the scheduler runs. Dropping
//! the runtime is the node's death: whatever it did is never heard of again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use fiveone_engine::{Engine, Options, Parts, Receiver};
use fiveone_model::clock::Millis;
use tokio::runtime::{Builder, Runtime};

use crate::clock::NodeClock;
use crate::link::Link;
use crate::post::Post;

/// A living node.
pub(crate) struct Node {
    pub(crate) number: u64,
    pub(crate) clock: NodeClock,
    pub(crate) link: Link,
    /// Until when it does not run.
    pub(crate) paused_until: Millis,
    pub(crate) went_on_at: Arc<Mutex<Millis>>,
    engine: Arc<Mutex<Option<Engine>>>,
    has_ended: Arc<AtomicBool>,
    runtime: Runtime,
}

impl Node {
    /// Starts a node; it begins when it is run.
    pub(crate) fn start(
        parts: Parts,
        clock: NodeClock,
        link: Link,
        went_on_at: Arc<Mutex<Millis>>,
        post: Post,
    ) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build().context("a runtime")?;
        let (engine, has_ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (slot, ended): (Arc<Mutex<Option<Engine>>>, _) =
            (Arc::clone(&engine), Arc::clone(&has_ended));
        let receiver: Arc<dyn Receiver> = Arc::new(post);
        runtime.spawn(async move {
            if let Ok(engine) = Engine::start_with(parts, receiver).await {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(engine.clone());
                // As `serve` does when the others declared it dead.
                engine.lost().await;
                engine.stop().await;
            }
            ended.store(true, Ordering::Relaxed);
        });
        let number = link.node;
        let paused_until = Millis::MIN;
        Ok(Self { number, clock, link, paused_until, went_on_at, engine, has_ended, runtime })
    }

    /// Its engine, once it has begun.
    pub(crate) fn engine(&self) -> Option<Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has something done by it.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Asks it to stop.
    pub(crate) fn stop(&self) {
        let (engine, ended) = (self.engine(), Arc::clone(&self.has_ended));
        self.runtime.spawn(async move {
            if let Some(engine) = engine {
                engine.stop().await;
            }
            ended.store(true, Ordering::Relaxed);
        });
    }

    /// Whether it died or ended by itself.
    pub(crate) fn is_over(&self) -> bool {
        self.link.is_dead() || self.has_ended.load(Ordering::Relaxed)
    }

    /// Lets its tasks take so many turns.
    pub(crate) fn run(&self, turns: usize) {
        self.runtime.block_on(async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        });
    }
}

/// The limits and times of every node.
pub(crate) fn options(lease_ms: Millis, task_for_ms: Millis) -> Options {
    Options {
        task_for_ms,
        lease_for_ms: lease_ms,
        tick_every_ms: lease_ms / 3,
        portal_concurrency: Some(16),
        unhealthy_after_failures: u32::MAX,
        shutdown_for_ms: 1_000,
        ..Options::default()
    }
}

#[async_trait]
impl Receiver for Post {
    async fn post(
        &self,
        _address: &str,
        headers: [(&'static str, String); 4],
        body: String,
        limit: std::time::Duration,
    ) -> Result<u16, String> {
        let id = headers.into_iter().find(|(name, _)| *name == "webhook-id");
        let id = id.map(|(_, id)| id).unwrap_or_default();
        self.take(&id, &body, Millis::try_from(limit.as_millis()).unwrap_or(0)).await
    }
}
