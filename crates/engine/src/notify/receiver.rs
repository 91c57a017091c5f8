//! The HTTP side of callbacks: no redirects, and no way to an address that is not public unless an
//! operator allows it. Names are resolved and checked at every attempt, so a name that moves to a
//! private address later is refused then.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fiveone_model::callback::is_forbidden;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::Fault;

/// The longest address, in bytes.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// An address that callbacks can go to, or in a few words why there is none: for whoever types it,
/// and again before every attempt. What a name resolves to is only looked at then.
///
/// # Errors
/// Not an address, not http or https, without a host, with a password or a fragment, or of a host
/// that is not public though it has to be.
pub fn callback_address(text: &str, is_private_allowed: bool) -> Result<Url, &'static str> {
    if text.len() > ADDRESS_BYTES_MAX {
        return Err("too long");
    }
    // Parsing would drop them, and then not what was typed is signed.
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("has blanks");
    }
    let url = Url::parse(text).map_err(|_| "not an address")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("not http or https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user or a password");
    }
    if url.fragment().is_some() {
        return Err("has a fragment");
    }
    let is_public = match url.host() {
        Some(Host::Ipv4(v4)) => !is_forbidden(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => !is_forbidden(IpAddr::V6(v6)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name != "localhost" && !name.ends_with(".localhost")
        }
        None => return Err("no host"),
    };
    if is_public || is_private_allowed { Ok(url) } else { Err("address is not public") }
}

/// The way to apps' receivers.
#[async_trait]
pub trait Receiver: Send + Sync {
    /// Posts a form; the receiver's status, or in a few words why there is none.
    async fn post(
        &self,
        address: &str,
        headers: [(&'static str, String); 4],
        body: String,
        limit: Duration,
    ) -> Result<u16, String>;
}

/// The one over HTTP.
pub(crate) struct HttpReceiver {
    client: reqwest::Client,
    is_private_allowed: bool,
}

impl HttpReceiver {
    pub(crate) fn new(is_private_allowed: bool) -> Result<Self, Fault> {
        Self::with(Public { is_private_allowed, look_up: system })
    }

    fn with<L: LookUp>(resolver: Public<L>) -> Result<Self, Fault> {
        let is_private_allowed = resolver.is_private_allowed;
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(4)
            .user_agent(concat!("fiveone/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(resolver))
            .build()
            .map_err(|error| Fault::Impossible(format!("no HTTP client: {error}")))?;
        Ok(Self { client, is_private_allowed })
    }
}

#[async_trait]
impl Receiver for HttpReceiver {
    async fn post(
        &self,
        address: &str,
        headers: [(&'static str, String); 4],
        body: String,
        limit: Duration,
    ) -> Result<u16, String> {
        let url = callback_address(address, self.is_private_allowed)?;
        let mut request = self.client.post(url).timeout(limit).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(message(&error)),
        }
    }
}

/// Whether somebody answers at an address that callbacks go to: one HEAD without a body, the way a
/// callback would go and under the same rules. The status, whatever it is.
///
/// # Errors
/// In a few words why nobody answers, or why no callback would go there.
pub async fn reach_callback(
    address: &str,
    is_private_allowed: bool,
    limit: Duration,
) -> Result<u16, String> {
    let url = callback_address(address, is_private_allowed)?;
    let receiver = HttpReceiver::new(is_private_allowed).map_err(|fault| fault.to_string())?;
    match receiver.client.head(url).timeout(limit).send().await {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) => Err(message(&error)),
    }
}

/// The error's innermost words; never the address, which may carry an app's own secret.
fn message(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().chars().take(120).collect()
}

/// What tells the addresses of a name.
trait LookUp: Fn(String) -> LookedUp + Send + Sync + 'static {}

impl<F: Fn(String) -> LookedUp + Send + Sync + 'static> LookUp for F {}

/// The addresses of a name.
type LookedUp = BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

/// The system's resolver.
fn system(name: String) -> LookedUp {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
}

/// A resolver that refuses names of which an address is not public. What it tells is what is connected
/// to: nobody asks again between the look and the connection.
struct Public<L> {
    is_private_allowed: bool,
    look_up: L,
}

impl<L: LookUp> Resolve for Public<L> {
    fn resolve(&self, name: Name) -> Resolving {
        let is_private_allowed = self.is_private_allowed;
        let looking = (self.look_up)(name.as_str().to_owned());
        Box::pin(async move {
            let found = looking.await?;
            let is_allowed = is_private_allowed || !found.iter().any(|one| is_forbidden(one.ip()));
            if !is_allowed || found.is_empty() {
                return Err("address is not public".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn an_address_is_looked_at_before_anything_goes_there() {
        let told = |text: &str| callback_address(text, false).err();
        for text in
            ["https://a.example/cb?x=1", "http://8.8.8.8:81/", "https://例子.中国/回调", "http://a"]
        {
            assert_eq!(told(text), None, "{text}");
        }
        for (text, complaint) in [
            ("", "not an address"),
            ("a.example/cb", "not an address"),
            ("ftp://a.example/", "not http or https"),
            ("javascript:alert(1)", "not http or https"),
            ("http://", "not an address"),
            ("http://me:pw@a.example/", "has a user or a password"),
            ("http://a.example/#x", "has a fragment"),
            ("http://a.example/ x", "has blanks"),
            ("http://127.0.0.1/", "address is not public"),
            ("http://2130706433/", "address is not public"),
            ("http://[::ffff:10.0.0.1]/", "address is not public"),
            ("http://169.254.169.254/latest/", "address is not public"),
            ("http://LocalHost:80/", "address is not public"),
            ("http://x.localhost./", "address is not public"),
        ] {
            assert_eq!(told(text), Some(complaint), "{text}");
        }
        let long = format!("http://a.example/{}", "x".repeat(2_048));
        assert_eq!(told(&long), Some("too long"));
        assert!(callback_address("http://127.0.0.1/", true).is_ok(), "an operator may allow it");
    }

    /// Posts to a name with these addresses, where somebody listens on this machine; how that ended.
    async fn post(is_private_allowed: bool, addresses: &[&str]) -> Result<u16, String> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://receiver.example:{}/", listener.local_addr().unwrap().port());
        let found: Vec<SocketAddr> =
            addresses.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect();
        let look_up =
            move |_: String| -> LookedUp { Box::pin(std::future::ready(Ok(found.clone()))) };
        drop(rustls::crypto::ring::default_provider().install_default());
        let receiver = HttpReceiver::with(Public { is_private_allowed, look_up }).unwrap();
        let headers = ["a", "b", "c", "d"].map(|name| (name, String::new()));
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            ended = receiver.post(&address, headers, String::new(), Duration::from_secs(20)) => ended,
            () = answering => unreachable!("it waits for ever"),
        }
    }

    #[tokio::test]
    async fn a_name_that_moves_to_an_address_that_is_not_public_is_refused_when_it_has() {
        let refused = Err("address is not public".to_owned());
        assert_eq!(post(true, &["127.0.0.1"]).await, Ok(200), "there is somebody");
        assert_eq!(post(false, &["127.0.0.1"]).await, refused);
        // One of several is enough: which one is connected to is not ours to choose.
        assert_eq!(post(false, &["8.8.8.8", "127.0.0.1"]).await, refused);
        assert_eq!(post(false, &["::ffff:127.0.0.1"]).await, refused);
        assert_eq!(post(false, &["169.254.169.254"]).await, refused);
        assert_eq!(post(false, &[]).await, refused);
    }
}
