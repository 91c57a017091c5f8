//! Connections as strangers make them: so many at once, so many from one address, and none that only
//! sits there. What is said on them is the web crate's.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use fiveone_model::networks::client_network;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

/// Connections that are open, a gauge.
const OPEN: &str = "fiveone_connections_open";
/// Connections that were closed at once, by `reason`.
const REFUSED: &str = "fiveone_connections_refused_total";

/// Descriptors that are no connections of clients: the database, portals, receivers, files.
pub(crate) const OTHER_DESCRIPTORS: usize = 512;

/// How many connections there may be, and how patient they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionLimits {
    /// Open at once.
    pub(crate) max: usize,
    /// Of them from one address (IPv6: from one /64).
    pub(crate) per_address_max: usize,
    /// Without a byte in either direction one is closed after this.
    pub(crate) idle_for: Duration,
}

impl ConnectionLimits {
    /// Raises what the system allows as far as this process may, and takes less when that is not enough:
    /// with every descriptor taken by strangers, neither portals nor the database can be reached.
    pub(crate) fn within_descriptors(self) -> Self {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let current = match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit.maximum,
            Err(_) => limit.current,
        };
        let descriptors = current.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let max = self.max.min(descriptors.saturating_sub(OTHER_DESCRIPTORS).max(1));
        if max < self.max {
            tracing::warn!(descriptors, max, "fewer connections than server.connections_max");
        }
        Self { max, ..self }
    }
}

/// Takes connections in, or closes them at once.
#[derive(Clone)]
pub(crate) struct Gate {
    limits: ConnectionLimits,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Gate {
    pub(crate) fn new(limits: ConnectionLimits) -> Self {
        metrics::describe_gauge!(OPEN, "Connections of clients that are open");
        metrics::describe_counter!(REFUSED, "Connections closed at once, by reason");
        Self { limits, open: Arc::default() }
    }

    /// See [`ConnectionLimits::idle_for`].
    pub(crate) const fn idle_for(&self) -> Duration {
        self.limits.idle_for
    }

    fn enter(&self, address: IpAddr) -> Result<Place, &'static str> {
        let address = client_network(address);
        let mut open = lock(&self.open);
        let own = open.by_address.get(&address).copied().unwrap_or(0);
        if open.all >= self.limits.max {
            return Err("all");
        }
        if own >= self.limits.per_address_max {
            return Err("address");
        }
        open.all += 1;
        open.by_address.insert(address, own + 1);
        told(open.all);
        Ok(Place { address, open: Arc::clone(&self.open) })
    }

    fn take_in(&self, stream: TcpStream) -> io::Result<Connection> {
        let address = stream.peer_addr()?.ip();
        let place = self.enter(address).map_err(|reason| {
            metrics::counter!(REFUSED, "reason" => reason).increment(1);
            io::Error::from(io::ErrorKind::ConnectionRefused)
        })?;
        // Answers are written whole: nothing is gained by waiting for more.
        stream.set_nodelay(true)?;
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(self.limits.idle_for));
        stream.set_write_timeout(Some(self.limits.idle_for));
        Ok(Connection { stream: Box::pin(stream), _place: place })
    }
}

impl<S> Accept<TcpStream, S> for Gate {
    type Stream = Connection;
    type Service = S;
    type Future = Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.take_in(stream).map(|connection| (connection, service)))
    }
}

fn told(open: usize) {
    metrics::gauge!(OPEN).set(f64::from(u32::try_from(open).unwrap_or(u32::MAX)));
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection's place, free again when it is dropped.
struct Place {
    address: IpAddr,
    open: Arc<Mutex<Open>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all -= 1;
        told(open.all);
        if let Some(own) = open.by_address.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

/// A connection that has its place, and an end when nothing happens on it.
pub(crate) struct Connection {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    _place: Place,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_address_and_given_back() {
        let limits =
            ConnectionLimits { max: 4, per_address_max: 2, idle_for: Duration::from_secs(1) };
        let gate = Gate::new(limits);
        let enter = |text: &str| gate.enter(text.parse().unwrap());
        let first = enter("192.0.2.1").ok().unwrap();
        let second = enter("::ffff:192.0.2.1").ok().unwrap();
        assert_eq!(enter("192.0.2.1").err(), Some("address"));
        // Of one /64, and of the next.
        let third = enter("2001:db8::1").ok().unwrap();
        let fourth = enter("2001:db8::ffff:2").ok().unwrap();
        assert_eq!(enter("2001:db8:0:1::1").err(), Some("all"));
        drop(second);
        assert_eq!(enter("2001:db8::3").err(), Some("address"));
        assert!(enter("192.0.2.1").is_ok());
        drop((first, third, fourth));
        assert_eq!(lock(&gate.open).by_address, HashMap::new());
        assert_eq!(lock(&gate.open).all, 0);
    }
}
