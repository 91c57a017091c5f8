//! A way in between that can be cut: it hands on bytes, drops them that use it, or falls silent.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const CHUNK_BYTES: usize = 16 * 1024;

/// What becomes of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// They are handed on.
    Open,
    /// Connections are closed, and new ones at once.
    Refused,
    /// They stay where they are; nobody is told.
    Silent,
}

/// Sees what clients send.
type Observer = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// A proxy for TCP on loopback.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    way: watch::Sender<Way>,
}

impl Proxy {
    /// Hands on to an address whatever comes, and shows `observer` what clients send.
    pub(crate) async fn start(to: String, observer: Observer) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let way = watch::Sender::new(Way::Open);
        let seen = way.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(hand_on(client, to.clone(), seen.clone(), Arc::clone(&observer)));
            }
        });
        Ok(Self { address, way })
    }

    /// Opens or cuts the way.
    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn hand_on(client: TcpStream, to: String, mut way: watch::Receiver<Way>, observer: Observer) {
    if !may_pass(&mut way).await {
        return;
    }
    let Ok(server) = TcpStream::connect(&to).await else { return };
    // Small packets at once, as on the wire that this stands for.
    drop(client.set_nodelay(true));
    drop(server.set_nodelay(true));
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let nobody: Observer = Arc::new(|_| {});
    tokio::select! {
        () = pump(client_reads, server_writes, way.clone(), observer) => {}
        () = pump(server_reads, client_writes, way, nobody) => {}
    }
}

/// Waits while the way is silent; whether it is open then.
async fn may_pass(way: &mut watch::Receiver<Way>) -> bool {
    way.wait_for(|way| *way != Way::Silent).await.is_ok_and(|way| *way == Way::Open)
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
    observer: Observer,
) {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut cut = way.clone();
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = cut.wait_for(|way| *way == Way::Refused) => return,
        };
        let Ok(length @ 1..) = read else { return };
        if !may_pass(&mut way).await {
            return;
        }
        observer(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
