//! IP addresses that say something about somebody: not unspecified, loopback, link-local, a mask or a
//! documentation range, nor the public resolvers everybody writes.

use super::{Match, Verdict};
use std::net::{Ipv4Addr, Ipv6Addr};

const RESOLVERS: [&str; 6] = ["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222"];

pub(super) fn v4(matched: Match<'_>) -> Verdict {
    let Ok(text) = std::str::from_utf8(matched.secret()) else { return Verdict::Reject };
    let Ok(address) = text.parse::<Ipv4Addr>() else { return Verdict::Reject };
    let nobody = address.is_unspecified()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.octets().starts_with(&[255])
        || RESOLVERS.contains(&text);
    Verdict::keep_if(!nobody && !matched.in_longer_number())
}

pub(super) fn v6(matched: Match<'_>) -> Verdict {
    let address = std::str::from_utf8(matched.secret()).ok().and_then(|text| text.parse::<Ipv6Addr>().ok());
    let Some(address) = address else { return Verdict::Reject };
    let groups = address.segments().iter().filter(|group| **group != 0).count();
    Verdict::keep_if(groups >= 3 && !address.is_loopback() && !address.is_multicast())
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn addresses_of_hosts_are_kept() {
        for address in ["10.31.7.44", "203.0.113.158", "198.51.100.113", "192.168.178.21"] {
            check(v4, address, Verdict::Keep);
        }
        check(v6, "2001:db8:85a3::8a2e:370:3534", Verdict::Keep);
    }

    #[test]
    fn addresses_of_nobody_are_not() {
        for address in
            ["0.0.0.0", "127.0.0.1", "255.255.255.0", "8.8.8.8", "999.1.1.1", "1.\u{ab}10.31.7.44\u{bb}"]
        {
            check(v4, address, Verdict::Reject);
        }
        for address in ["::", "::1", "fe80::1", "12:34:56", "ff02::1"] {
            check(v6, address, Verdict::Reject);
        }
    }
}
