//! The load: HTTP/1.1 over plain sockets, with as little of its own as can be.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Connections that load at once.
pub(crate) const CONNECTIONS: usize = 32;

/// One kept-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads its answer whole; answers must tell their length.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        loop {
            if let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let (status, length) = parse_head(&self.buffer[..head])?;
                let whole = head + 4 + length;
                while self.buffer.len() < whole {
                    self.read().await?;
                }
                let mut answer = self.buffer.split_to(whole).freeze();
                answer.advance(head + 4);
                return Ok(Answer { status, body: answer });
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the connection was closed");
        }
        Ok(())
    }
}

fn parse_head(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.trim().parse())
        .context("no content-length")?;
    Ok((status.parse()?, length?))
}

/// The bytes of a form post.
pub(crate) fn post(address: &str, path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends the same request from all connections for a while; how many answers came, all of them
/// of the length of the first.
pub(crate) async fn repeat(
    address: &str,
    request: &[u8],
    time: Duration,
) -> anyhow::Result<(usize, Duration)> {
    let begun = Instant::now();
    let mut set = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (address, request) = (address.to_owned(), request.to_vec());
        set.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let length = connection.exchange(&request).await?.body.len();
            let mut count = 1;
            while begun.elapsed() < time {
                let answer = connection.exchange(&request).await?;
                anyhow::ensure!(
                    answer.status == 200 && answer.body.len() == length,
                    "another answer"
                );
                count += 1;
            }
            anyhow::Ok(count)
        });
    }
    let mut total = 0;
    while let Some(count) = set.join_next().await {
        total += count??;
    }
    Ok((total, begun.elapsed()))
}
