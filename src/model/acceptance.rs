//! When a membership counts that a tenant has given to a person whose home is elsewhere: at once, or once it is accepted.

use user_tenant_store::Entity;
use user_tenant_store::filter::{Predicate, Test};

use super::UserStatus;

/// When a membership beside a person's home is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MembershipAcceptance {
    /// At once: the tenant vouches for the person. Issuers of the original never make a membership active, so that it must be
    /// live before.
    #[default]
    Vouched,
    /// Once the person has come, which makes the membership active. A tenant cannot act in a person's name by adding them.
    Required,
}

impl MembershipAcceptance {
    /// That a row with the property `status` is a live membership. `at_home` tests a property of it that tells whether the
    /// tenant is the person's home.
    pub(crate) fn live<E: Entity>(self, at_home: (&str, Test)) -> Predicate {
        if self == Self::Vouched {
            return Predicate::is_one_of::<E, _>("status", UserStatus::LIVE.map(i32::from));
        }
        let joined = Predicate::is_one_of::<E, _>("status", UserStatus::JOINED.map(i32::from));
        let registered = Predicate::is::<E>("status", i32::from(UserStatus::Registered));
        let at_home = Predicate::test::<E>(at_home.0, at_home.1);
        Predicate::Or(vec![joined, registered.and(Some(&at_home))])
    }
}
