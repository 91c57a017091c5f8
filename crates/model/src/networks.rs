//! Networks that an app may call from.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

/// The most networks of one list.
const NETWORKS_MAX: usize = 64;

/// Addresses and networks; an empty list is every address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks {
    all: Vec<IpNet>,
    text: String,
}

impl Networks {
    /// Reads addresses and networks such as `203.0.113.7, 2001:db8::/32`, separated by commas; `None`
    /// when one of them is neither, or there are more than 64.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let network = |word: &str| {
            let address = word.parse::<IpAddr>().map(IpNet::from);
            address.or_else(|_| word.parse()).ok().map(|network: IpNet| network.trunc())
        };
        let all: Vec<IpNet> = words.map(network).collect::<Option<_>>()?;
        let text = all.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        (all.len() <= NETWORKS_MAX).then_some(Self { all, text })
    }

    /// The networks, separated by commas.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether an address is in one of them; an IPv4 address may come as IPv6.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.all.iter().any(|network| network.contains(&address))
    }

    /// Whether a call from an address may pass: an address that nobody knows is in no list.
    #[must_use]
    pub fn allow(&self, address: Option<IpAddr>) -> bool {
        self.is_empty() || address.is_some_and(|address| self.contain(address))
    }
}

/// What stands for one client, as far as addresses tell: providers give a whole /64 of IPv6 to each.
#[must_use]
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_written_in_one_form() {
        let check = |text: &str, expected: Option<&str>| {
            let read = Networks::parse(text);
            assert_eq!(read.as_ref().map(Networks::as_str), expected, "{text}");
        };
        check("", Some(""));
        check("203.0.113.7", Some("203.0.113.7/32"));
        check(" 10.1.2.3/8 ,2001:db8::1/32,", Some("10.0.0.0/8,2001:db8::/32"));
        check("10.0.0.0/33", None);
        check("example.com", None);
        check("010.1.1.1", None);
        check(&"::1,".repeat(65), None);
    }

    #[test]
    fn an_empty_list_allows_everybody_and_another_nobody_else() {
        let networks = Networks::parse("203.0.113.0/24,2001:db8::/32").unwrap();
        let allows = |text: &str| networks.allow(Some(text.parse().unwrap()));
        assert!(allows("203.0.113.9") && allows("::ffff:203.0.113.9") && allows("2001:db8:1::1"));
        assert!(!allows("203.0.114.1") && !allows("::1") && !networks.allow(None));
        assert!(Networks::default().allow(None));
    }
}
