//! Where a call comes from: the other end of its connection, or what a proxy that is trusted says.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use fiveone_model::networks::Networks;
use http::{HeaderName, Request};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address; `None` where the server tells none. `X-Forwarded-For` counts only as far as
/// trusted proxies wrote it: its entries are read from the end, and the first that is no proxy's is
/// the client's. What stands before it anybody may have made up.
pub(crate) fn client_address<B>(request: &Request<B>, trusted: &Networks) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let mut address = peer.ip().to_canonical();
    let lines = request.headers().get_all(FORWARDED_FOR).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while trusted.contain(address) {
        let Some(hop) = hops.next().and_then(parse) else { break };
        address = hop;
    }
    Some(address)
}

/// An address as proxies write it: with a port or without, IPv6 in brackets or not.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let address = bare.or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = Networks::parse("10.0.0.0/8,2001:db8::/32").unwrap();
        let check = |peer: &str, lines: &[&str], expected: Option<&str>| {
            let mut request = Request::new(());
            if !peer.is_empty() {
                let peer: SocketAddr = peer.parse().unwrap();
                request.extensions_mut().insert(ConnectInfo(peer));
            }
            for line in lines {
                request.headers_mut().append(FORWARDED_FOR, line.parse().unwrap());
            }
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(client_address(&request, &trusted), expected, "{peer} {lines:?}");
        };
        check("", &["203.0.113.7"], None);
        check("203.0.113.7:1", &[], Some("203.0.113.7"));
        check("[::ffff:203.0.113.7]:1", &[], Some("203.0.113.7"));
        // A stranger says what it likes.
        check("203.0.113.7:1", &["198.51.100.1"], Some("203.0.113.7"));
        check("10.0.0.1:1", &["198.51.100.1"], Some("198.51.100.1"));
        check("10.0.0.1:1", &["192.0.2.9, 198.51.100.1, 10.2.2.2"], Some("198.51.100.1"));
        check("10.0.0.1:1", &["192.0.2.9", "198.51.100.1:443"], Some("198.51.100.1"));
        check("[2001:db8::1]:1", &["[2400:3200::1]"], Some("2400:3200::1"));
        check("10.0.0.1:1", &["198.51.100.1, nonsense"], Some("10.0.0.1"));
        check("10.0.0.1:1", &[], Some("10.0.0.1"));
    }
}
