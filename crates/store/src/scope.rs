//! The tenant wall: which rows a session may reach. Add a scope here only with the predicate that bounds it.
//!
//! A scope is a value that its holder got from the sessions of the service; it opens only entities
//! that it may see ([`Sees`], checked by the compiler), and every statement made under it is
//! confined by its [`Wall`] in one function of `crate::sql`.

use uuid::Uuid;

use crate::entity::{ByColumn, Entity, Itself, Owned, Through};

/// What a session may reach.
pub trait Scope: sealed::Sealed + Clone + Send + Sync + 'static {
    /// The bound that every statement under this scope gets.
    fn wall(&self) -> Wall;
}

/// The bound of a scope, as the SQL layer reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// Rows of one tenant.
    Tenant(Uuid),
    /// Rows of one person, in whatever tenant.
    Person(Uuid),
    /// No bound.
    Open,
}

impl Wall {
    /// The tenant or the person whose rows are behind the wall; none where the wall is open.
    pub(crate) fn whose(self) -> Option<Uuid> {
        match self {
            Self::Tenant(id) | Self::Person(id) => Some(id),
            Self::Open => None,
        }
    }

    /// The tenant whose rows are behind the wall.
    pub(crate) fn tenant(self) -> Option<Uuid> {
        match self {
            Self::Tenant(id) => Some(id),
            Self::Person(_) | Self::Open => None,
        }
    }
}

/// Rows of one tenant.
#[derive(Debug, Clone, Copy)]
pub struct TenantScope(
    /// The tenant's id.
    pub Uuid,
);

/// Rows of one person: the user, its memberships and what hangs on them, across tenants.
#[derive(Debug, Clone, Copy)]
pub struct OwnScope(
    /// The user's id.
    pub Uuid,
);

/// Rows of all tenants; for callers with `tenantType: master`.
#[derive(Debug, Clone, Copy)]
pub struct AllTenants;

/// What a caller may reach of the tenants: its own, or all for a master.
#[derive(Debug, Clone, Copy)]
pub enum CallerScope {
    /// The caller's tenant.
    One(TenantScope),
    /// Every tenant.
    All(AllTenants),
}

/// Everything, for the service's own work; the reason says which.
#[derive(Debug, Clone, Copy)]
pub struct System(
    /// Why nobody's scope will do.
    pub SystemReason,
);

/// The service's own reasons to look past the wall; each stands for one narrow query or operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemReason {
    /// Find the public key that verifies a token.
    VerifyToken,
    /// Check that caller, membership and tenant are active.
    CheckCaller,
    /// Insert a tenant, which lies in no scope before it exists.
    CreateTenant,
    /// Find the user that an e-mail address or username belongs to, or make one, and its first membership.
    AddMember,
    /// Change a member: which other tenants have the person decides who may change what the person logs in with.
    ChangeMember,
    /// Accept a membership in another tenant than that of the token, or choose one as the home: the person's own.
    OwnMembership,
    /// Choose another default tenant for a user that leaves one.
    RemoveMember,
    /// Find the row of a secret that stands in a path, such as an invitation, and do what the secret is for.
    SecretInPath,
    /// Deactivate a person in all tenants, or reactivate them.
    ChangePerson,
    /// Compare and store what a person logs in with, in whatever tenant.
    Logins,
    /// Find the tenant of a group or membership that a master names.
    Locate,
    /// Count rows for metrics.
    Metrics,
    /// Check that the database answers.
    Health,
    /// Make the first tenant and administrator.
    Bootstrap,
    /// Provision a tenant on a signed callback.
    ProvisioningCallback,
    /// The operator's command line.
    CommandLine,
    /// The application that embeds the library.
    HostApplication,
    /// Work in the background: jobs, and who does them.
    Jobs,
    /// Read and save the deployment's templates of roles, and compare or change roles of them in any tenant.
    RoleTemplates,
    /// Read and change client applications, which are of no tenant, and say who may log in with which.
    Clients,
    /// Tell whether roles hold permissions of products.
    Catalogue,
    /// Erase a tenant's rows for good, with people who have no other tenant: no other reason opens [`crate::erase`].
    PurgeTenant,
}

impl Scope for TenantScope {
    fn wall(&self) -> Wall {
        Wall::Tenant(self.0)
    }
}
impl Scope for OwnScope {
    fn wall(&self) -> Wall {
        Wall::Person(self.0)
    }
}
impl Scope for AllTenants {
    fn wall(&self) -> Wall {
        Wall::Open
    }
}
impl Scope for CallerScope {
    fn wall(&self) -> Wall {
        match self {
            Self::One(tenant) => tenant.wall(),
            Self::All(all) => all.wall(),
        }
    }
}
impl Scope for System {
    fn wall(&self) -> Wall {
        Wall::Open
    }
}

/// How far a transaction reached that waits for its commit. It is no scope, and opens nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached(pub(crate) Wall);

/// A scope that may open entity `E`.
pub trait Sees<E: Entity>: Scope {}

impl<E: Entity> Sees<E> for TenantScope where E::Tenancy: InTenant {}
impl<E: Entity> Sees<E> for AllTenants where E::Tenancy: InTenant {}
impl<E: Entity> Sees<E> for CallerScope where E::Tenancy: InTenant {}
impl<E: Entity> Sees<E> for OwnScope where E::Ownership: OfPerson {}
impl<E: Entity> Sees<E> for System {}

/// A tenancy that leads to a tenant.
#[diagnostic::on_unimplemented(
    message = "an entity that belongs to no tenant cannot be opened in this session",
    label = "its rows belong to no tenant",
    note = "a global entity, and what belongs to one, is open to the `System` scope only"
)]
pub trait InTenant {}
impl InTenant for Itself {}
impl InTenant for ByColumn {}
impl<P: Entity> InTenant for Through<P> where P::Tenancy: InTenant {}

/// An ownership that leads to a person.
#[diagnostic::on_unimplemented(
    message = "an entity that belongs to no person cannot be opened in this session",
    label = "its rows belong to no person",
    note = "the `OwnScope` sees entities that say `owner(…)`"
)]
pub trait OfPerson {}
impl OfPerson for Owned {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::TenantScope {}
    impl Sealed for super::OwnScope {}
    impl Sealed for super::AllTenants {}
    impl Sealed for super::CallerScope {}
    impl Sealed for super::System {}
}
