//! A database that fails when a simulation says so, and that answers before anything else happens.
//!
//! The driver's own threads stand outside a simulation's order of events. Here a call has its answer
//! before it returns to whoever polls it, so nothing else goes on in between and the same calls give
//! the same order. Nothing of this is reached in production.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use tokio::runtime::Handle;
use tokio::task::coop::unconstrained;

use super::{Arg, Db, Row, Tx};
use crate::Error;

/// Where a call can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A statement or a transaction begins.
    Begin,
    /// A statement of a transaction.
    Statement,
    /// A transaction is to last.
    Commit,
    /// A statement of its own, or a transaction, lasts, and its caller is to hear of it.
    Done,
}

/// The right to write, until it is dropped.
pub type Turn = Box<dyn Send + Sync>;

/// What a simulation decides.
pub trait Faults: Send + Sync {
    /// Waits for the right to write, which one has at a time: SQLite has one writer, and who waits for it
    /// may not stand in the way of whoever has it. `None` when it took too long.
    fn turn(&self) -> Pin<Box<dyn Future<Output = Option<Turn>> + Send + '_>> {
        Box::pin(std::future::ready(Some(Box::new(()) as Turn)))
    }

    /// Whether the call goes on here; else it fails as when the connection broke. It may take its
    /// time, and for a caller that dies it takes for ever.
    fn pass(&self, point: Point) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

/// A database with faults.
#[derive(Clone)]
pub(crate) struct FaultyDb {
    inner: Arc<Db>,
    faults: Arc<dyn Faults>,
    drivers: Handle,
}

impl FaultyDb {
    /// `drivers` is a runtime with threads of its own, for whatever the driver does beside.
    pub(crate) fn new(inner: Db, faults: Arc<dyn Faults>, drivers: Handle) -> Self {
        Self { inner: Arc::new(inner), faults, drivers }
    }

    pub(super) fn inner(&self) -> &Db {
        &self.inner
    }

    async fn pass(&self, point: Point) -> Result<(), Error> {
        if self.faults.pass(point).await {
            return Ok(());
        }
        Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()).into())
    }

    async fn turn(&self) -> Result<Turn, Error> {
        let gone = || Error::from(sqlx::Error::PoolTimedOut);
        self.faults.turn().await.ok_or_else(gone)
    }

    fn at_once<T>(&self, call: impl Future<Output = T>) -> T {
        let _entered = self.drivers.enter();
        at_once(call)
    }

    pub(super) async fn execute(&self, sql: &str, args: &[Arg<'_>]) -> Result<u64, Error> {
        self.pass(Point::Begin).await?;
        let turn = self.turn().await?;
        let changed = self.at_once(Box::pin(self.inner.execute(sql, args)))?;
        drop(turn);
        self.pass(Point::Done).await?;
        Ok(changed)
    }

    pub(super) async fn fetch_one(
        &self,
        sql: &str,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>, Error> {
        self.pass(Point::Begin).await?;
        self.at_once(Box::pin(self.inner.fetch_one(sql, args)))
    }

    pub(super) async fn fetch_all(&self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>, Error> {
        self.pass(Point::Begin).await?;
        self.at_once(Box::pin(self.inner.fetch_all(sql, args)))
    }

    pub(super) async fn begin(&self) -> Result<FaultyTx, Error> {
        self.pass(Point::Begin).await?;
        let turn = self.turn().await?;
        let inner = self.at_once(Box::pin(self.inner.begin()))?;
        Ok(FaultyTx { inner: Some(Box::new(inner)), db: self.clone(), turn: Some(turn) })
    }
}

/// A transaction of a [`FaultyDb`].
pub(crate) struct FaultyTx {
    inner: Option<Box<Tx>>,
    db: FaultyDb,
    turn: Option<Turn>,
}

impl FaultyTx {
    fn inner(&mut self) -> Result<&mut Tx, Error> {
        self.inner.as_deref_mut().ok_or_else(|| sqlx::Error::BeginFailed.into())
    }

    pub(super) async fn execute(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<u64, Error> {
        self.db.pass(Point::Statement).await?;
        let db = self.db.clone();
        db.at_once(Box::pin(self.inner()?.execute(sql, args)))
    }

    pub(super) async fn fetch_one(
        &mut self,
        sql: &str,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>, Error> {
        self.db.pass(Point::Statement).await?;
        let db = self.db.clone();
        db.at_once(Box::pin(self.inner()?.fetch_one(sql, args)))
    }

    pub(super) async fn fetch_all(
        &mut self,
        sql: &str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Row>, Error> {
        self.db.pass(Point::Statement).await?;
        let db = self.db.clone();
        db.at_once(Box::pin(self.inner()?.fetch_all(sql, args)))
    }

    pub(super) async fn commit(mut self) -> Result<(), Error> {
        self.db.pass(Point::Commit).await?;
        let inner = self.inner.take().ok_or(sqlx::Error::BeginFailed)?;
        let db = self.db.clone();
        db.at_once(Box::pin(inner.commit()))?;
        drop(self.turn.take());
        db.pass(Point::Done).await
    }
}

impl Drop for FaultyTx {
    /// The connection goes back by a task of the drivers' runtime.
    fn drop(&mut self) {
        let _entered = self.db.drivers.enter();
        drop(self.inner.take());
        drop(self.turn.take());
    }
}

/// Wakes a thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread, whatever else it could do meanwhile.
fn at_once<T>(call: impl Future<Output = T>) -> T {
    let mut call = pin!(unconstrained(call));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = call.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}
