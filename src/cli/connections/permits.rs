//! How many connections one client address has open, so that one client does not have all connections; and what their heads take.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use super::heads::Taken;

/// The part of an IPv6 address that names a network; a client chooses the rest as it likes.
const NETWORK: u128 = u128::MAX << 64;

/// Counts the open connections of each address.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    /// Most of one address; 0 for any number.
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, Open>>>,
}

/// The connections of an address.
#[derive(Debug, Default)]
struct Open {
    count: usize,
    heads: Taken,
}

/// A connection of an address, counted until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    address: IpAddr,
    /// What the heads of the address take.
    pub(super) heads: Taken,
    open: Arc<Mutex<HashMap<IpAddr, Open>>>,
}

impl Addresses {
    /// Lets each address have this many connections; 0 for any number.
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// A permit for one more connection of this address, unless it has all that it may have.
    pub(super) fn permit(&self, address: IpAddr) -> Option<Permit> {
        let address = client(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { count, heads } = open.entry(address).or_default();
        if self.most > 0 && *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Permit { address, heads: heads.clone(), open: self.open.clone() })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut of_address) = open.entry(self.address) {
            of_address.get_mut().count -= 1;
            if of_address.get().count == 0 {
                of_address.remove();
            }
        }
    }
}

/// Whom an address stands for: itself, or the network of an IPv6 address.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;

    #[test]
    fn an_address_has_so_many_places_and_takes_none_of_another() {
        let addresses = Addresses::new(2);
        let permit = |text: &str| addresses.permit(text.parse().unwrap());
        let kept: Vec<_> = ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"].into_iter().map(permit).collect();
        assert!(kept.iter().all(Option::is_some), "{kept:?}");
        assert!(permit("192.0.2.1").is_none() && permit("::ffff:192.0.2.1").is_none(), "one address, however written");
        assert!(permit("192.0.2.2").is_some());
        drop(kept);
        assert!(permit("192.0.2.1").is_some(), "a permit that was given back can be had again");
        assert!(addresses.open.lock().unwrap().is_empty(), "what is gone is forgotten");
    }

    #[test]
    fn addresses_of_one_network_of_ipv6_count_as_one() {
        let addresses = Addresses::new(1);
        let permit = |text: &str| addresses.permit(text.parse().unwrap());
        let _kept = permit("2001:db8:0:1::1").unwrap();
        assert!(permit("2001:db8:0:1:ffff::2").is_none());
        assert!(permit("2001:db8:0:2::1").is_some());
    }

    #[test]
    fn without_a_bound_an_address_has_any_number() {
        let addresses = Addresses::new(0);
        let kept: Vec<_> = (0..1_000).map(|_| addresses.permit("192.0.2.1".parse().unwrap())).collect();
        assert!(kept.iter().all(Option::is_some));
    }
}
