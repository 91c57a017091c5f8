//! The HTTP side of callbacks: no redirects, and no way to an address that is not public unless an
//! operator allows it. Names are resolved and checked at every attempt, so a name that moves to a
//! private address later is refused then.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use fiveone_model::callback::is_forbidden;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::Fault;

/// Posts callbacks.
pub(crate) struct Receiver {
    client: reqwest::Client,
    is_private_allowed: bool,
}

impl Receiver {
    pub(crate) fn new(is_private_allowed: bool) -> Result<Self, Fault> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(4)
            .user_agent(concat!("fiveone/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(std::sync::Arc::new(Public { is_private_allowed }))
            .build()
            .map_err(|error| Fault::Impossible(format!("no HTTP client: {error}")))?;
        Ok(Self { client, is_private_allowed })
    }

    /// Posts a form; the receiver's status, or in a few words why there is none.
    pub(crate) async fn post(
        &self,
        address: &str,
        headers: [(&'static str, String); 4],
        body: String,
        limit: Duration,
    ) -> Result<u16, String> {
        let url = Url::parse(address).map_err(|_| "not an address".to_owned())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("not http or https".to_owned());
        }
        let literal = match url.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
            Some(Host::Domain(_)) => None,
            None => return Err("no host".to_owned()),
        };
        if !self.is_private_allowed && literal.is_some_and(is_forbidden) {
            return Err("address is not public".to_owned());
        }
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

/// The system's resolver, less the addresses that are not public.
struct Public {
    is_private_allowed: bool,
}

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let is_private_allowed = self.is_private_allowed;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let is_allowed = is_private_allowed || !found.iter().any(|one| is_forbidden(one.ip()));
            if !is_allowed || found.is_empty() {
                return Err("address is not public".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
