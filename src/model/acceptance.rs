//! When a membership counts that a tenant has given to a person whose home is elsewhere: at once, or once it is accepted.

use user_tenant_store::filter::Predicate;
use user_tenant_store::{Entity, TypedProperty};

use super::UserStatus;

/// When a membership beside a person's home is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MembershipAcceptance {
    /// At once: the tenant vouches for the person. Issuers of the original never make a membership active, so that it must be
    /// active before.
    #[default]
    Vouched,
    /// Once the person has come, which makes the membership active. A tenant cannot act in a person's name by adding them.
    Required,
}

impl MembershipAcceptance {
    /// That a row with this status is a active membership; `at_home` tells whether the tenant is the person's home.
    pub(crate) fn active<E: Entity>(self, status: TypedProperty<E, i32>, at_home: &Predicate) -> Predicate {
        if self == Self::Vouched {
            return status.is_one_of(UserStatus::MAY_ACT.map(i32::from));
        }
        let joined = status.is_one_of(UserStatus::JOINED.map(i32::from));
        let registered = status.is(i32::from(UserStatus::Registered));
        Predicate::Or(vec![joined, registered.and(Some(at_home))])
    }

    /// Whether a membership with this status is active, where it is known whether the tenant is the person's home: what
    /// [`Self::active`] says of a row.
    pub(crate) fn counts(self, status: i32, at_home: bool) -> bool {
        let is_one_of = |statuses: &[UserStatus]| statuses.iter().any(|one| i32::from(*one) == status);
        match self {
            Self::Vouched => is_one_of(&UserStatus::MAY_ACT),
            Self::Required => is_one_of(&UserStatus::JOINED) || at_home && is_one_of(&[UserStatus::Registered]),
        }
    }
}
