//! Every outcome of a request that is not success: one variant a cause, in words of no protocol. [`crate::http`] renders it for each surface.

mod code;
mod convert;
mod password;
mod rule;
mod taken;

use serde_json::Value as Json;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use user_tenant_store::filter::FilterError;
use user_tenant_store::migrate::{Finding, MigrateError};
use user_tenant_store::value::format_timestamp;

pub use self::code::ErrorCode;
pub(crate) use self::password::BrokenRule;
pub(crate) use self::rule::Rule;
pub(crate) use self::taken::Taken;
use crate::model::lifecycle::NoTransition;
use crate::model::{Inactive, InvitationEnd, TenantState};

/// A refusal or failure. Its text is public; `source()` is for the log; [`Error::code`] is for programs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No bearer token.
    #[error("The request has no bearer token.")]
    Unauthenticated,
    /// The `Authorization` header is malformed.
    #[error("The header Authorization is malformed, or the query string has a second token.")]
    MalformedAuthorization,
    /// A signed request's signature is not good, or was good before.
    #[error("The signature is missing or wrong, its time is over, or it was used before.")]
    BadSignature,
    /// The token does not verify; why, for the log alone.
    #[error("The token is not valid, or is over.")]
    InvalidToken(&'static str),
    /// The token was ended before its time: its holder has logged out, or has a newer one.
    #[error("The token was revoked.")]
    TokenRevoked,
    /// The caller's user, membership or tenant is not active.
    #[error("The user, the membership or the tenant of the token is not active.")]
    CallerNotActive(Inactive),
    /// The caller's password has expired.
    #[error("The password has expired.")]
    PasswordExpired,
    /// The token lacks the permission of the operation.
    #[error("The token does not grant the permission that this needs.")]
    PermissionMissing,
    /// The token grants the permission, and the database does not any more.
    #[error("The permission that this needs has been withdrawn.")]
    PermissionWithdrawn,
    /// The change gives, takes or touches a permission that the caller does not hold; which, where the request names it.
    #[error("Only who holds a permission may give it, take it, or change who has it.")]
    PermissionNotHeld {
        /// The permission.
        permission: Option<String>,
    },
    /// The caller's own role is of another type.
    #[error("Only who has a role of this type may give it.")]
    RoleTypeNotHeld,
    /// The caller's own role is bound to other client applications.
    #[error("A role may be bound to no other client applications than the caller's own.")]
    ClientsNotHeld,
    /// The member holds more than the caller.
    #[error("The member holds permissions that the caller does not.")]
    MemberHoldsMore,
    /// The caller acts with this role.
    #[error("Nobody may change the role that they act with.")]
    OwnRole,
    /// The permissions are the caller's own.
    #[error("Nobody may change their own permissions.")]
    OwnPermissions,
    /// The membership is the caller's own.
    #[error("Nobody may change or end their own membership.")]
    OwnMembership,
    /// The person has not come to the tenant.
    #[error("The profile of a person who has not come to the tenant is not the tenant's to change.")]
    ProfileOfGuest,
    /// What a person logs in with is not the caller's to change.
    #[error("What this person logs in with, and their home, are not the caller's to change.")]
    LoginOfAnother,
    /// The row belongs to another member.
    #[error("This belongs to another member.")]
    RowOfAnother,
    /// A change says that the row is deleted.
    #[error("A change cannot delete: there is an operation for it.")]
    DeletedByChange,
    /// The tenant that the request acts on is not active.
    #[error("The tenant is not active.")]
    TenantNotActive(TenantState),
    /// Only who reaches every tenant may do it.
    #[error("Only a caller who reaches every tenant may do this.")]
    MasterNeeded,
    /// What the path names is not within the caller's reach.
    #[error("{0}")]
    OutOfReach(Sought),
    /// The member that the body names is not of the tenant.
    #[error("The member is not of the tenant.")]
    NotOfTenant,
    /// The user is not in the group.
    #[error("The user is not in the group.")]
    NotInGroup,
    /// The body names another tenant than the request acts on.
    #[error("The tenant in the body is not the one of the path.")]
    TenantMismatch,
    /// No route has this method and path.
    #[error("There is no operation with this method and path.")]
    UnknownRoute,
    /// A row is not there, or is another tenant's.
    #[error("{0}")]
    NotFound(Sought),
    /// Something that the request refers to is not there; what it is, where that is known.
    #[error("Something that the body refers to is not there.")]
    RelatedNotFound(Option<Sought>),
    /// A query parameter is none of the route's.
    #[error("The query parameter {} is unknown here.", Json::from(.0.as_str()))]
    UnknownParameter(String),
    /// A query parameter is invalid.
    #[error("The query parameter {name} is not valid.")]
    InvalidParameter {
        /// The parameter.
        name: &'static str,
        /// What it held.
        value: Box<Json>,
        /// The violations, or `{syntaxError}`; null for none.
        details: Box<Json>,
    },
    /// A clause of a filter is invalid.
    #[error(transparent)]
    InvalidFilter(FilterError),
    /// The operation includes nothing, and the filter does.
    #[error("Invalid \"filter.include\": this operation includes nothing.")]
    NothingToInclude,
    /// More rows than one answer may hold, or one change may be of.
    #[error("{0}")]
    TooManyRows(String),
    /// More bytes than one answer may take.
    #[error("{0}")]
    AnswerTooLarge(String),
    /// The request must name what it means to change.
    #[error("A non-empty \"where\" is required.")]
    WhereRequired,
    /// The request is no message of HTTP that only one reading has.
    #[error("{0}")]
    InvalidMessage(&'static str),
    /// The body is in a transfer coding that nothing here decodes.
    #[error("The only transfer coding is chunked.")]
    UnknownTransferCoding,
    /// The body is no JSON.
    #[error("{0}")]
    MalformedJson(String),
    /// The body names a key that no JavaScript program would survive.
    #[error("JSON string cannot contain {} key.", Json::from(*.0))]
    ProhibitedKey(&'static str),
    /// The operation needs a body.
    #[error("The operation needs a body.")]
    BodyRequired,
    /// The body breaks its schema: the violations, as the validator lists them.
    #[error("The body is not valid.")]
    InvalidBody(Box<Json>),
    /// A property of the body breaks a rule.
    #[error("The body is not valid: {property} {}.", .rule.asks())]
    InvalidProperty {
        /// The property, with a slash after each that it lies in.
        property: String,
        /// The rule.
        rule: Rule,
    },
    /// The body's id is not that of the path.
    #[error("The id in the body is not the one of the path.")]
    IdMismatch {
        /// The id of the path.
        path: String,
        /// The id of the body.
        body: String,
    },
    /// The body is not `application/json`.
    #[error("The body must be application/json, and not {0}.")]
    UnsupportedMediaType(String),
    /// The body is in another character set or encoding.
    #[error("unsupported {what} {}", Json::from(.value.as_str()))]
    UnsupportedEncoding {
        /// `charset` or `content encoding`.
        what: &'static str,
        /// What the client named.
        value: String,
    },
    /// The body is longer than allowed.
    #[error("The body is longer than it may be.")]
    PayloadTooLarge,
    /// The e-mail address is none.
    #[error("This is no e-mail address.")]
    InvalidEmail,
    /// The password breaks rules of the policy: all of them.
    #[error("The password breaks the policy: it {}.", .0.iter().map(BrokenRule::asks).collect::<Vec<_>>().join("; it "))]
    PasswordPolicy(Vec<BrokenRule>),
    /// The name or the password is not right; which of them, nobody is told.
    #[error("The name or the password is wrong.")]
    WrongCredentials,
    /// Somebody else than this service checks the person's password.
    #[error("This person has no password here: they log in by {}.", Json::from(.0.as_str()))]
    LoginElsewhere(String),
    /// So many passwords were wrong that no more are looked at for a while.
    #[error("Too many attempts. Try again after {}.", format_timestamp(*.until))]
    TooManyAttempts {
        /// Until when.
        until: OffsetDateTime,
        /// How many seconds that is.
        seconds: u64,
    },
    /// No reset of a password has this token.
    #[error("This link sets no password.")]
    ResetUnknown,
    /// The reset of a password was not used in time.
    #[error("The time to set a password by this link is over. Ask for another one.")]
    ResetExpired,
    /// The reset of a password was used, or another way was faster.
    #[error("This link has been used, or the password was changed since. Ask for another one.")]
    ResetUsed,
    /// Members of the tenant have the role, or groups carry it.
    #[error("The role is in use: {}.", holders_of_role(*.holders, *.groups))]
    RoleInUse {
        /// How many.
        holders: u64,
        /// How many groups carry it.
        groups: u64,
    },
    /// The group would hold itself.
    #[error("A group would hold itself: {}.", named(.path))]
    GroupCycle {
        /// The groups, each of which would hold the next; the first is the last one too.
        path: Vec<NamedRow>,
    },
    /// Too many groups would hold each other.
    #[error("More than {limit} groups would hold each other: {}.", named(.path))]
    GroupsTooDeep {
        /// The groups, each of which would hold the next.
        path: Vec<NamedRow>,
        /// The most.
        limit: usize,
    },
    /// Nobody would be left who can let others in.
    #[error("The tenant would have no administrator left.")]
    LastAdministrator,
    /// The tenant or the member has as many of them as it may.
    #[error("There may be no more than {limit} {what}.")]
    QuotaExceeded {
        /// What there would be more of.
        what: &'static str,
        /// The most.
        limit: u64,
    },
    /// The life of a tenant, a membership or a person has no such transition.
    #[error("{0}")]
    NoTransition(NoTransition),
    /// The tenant was archived longer ago than its retention.
    #[error("The tenant could be restored until {}.", format_timestamp(*.until))]
    RetentionOver {
        /// When that ended.
        until: OffsetDateTime,
    },
    /// Another row has what only one may have.
    #[error("{0}")]
    Taken(Taken),
    /// The username or the e-mail address leads to somebody else.
    #[error("The username or the e-mail address is of a different user.")]
    LoginTaken,
    /// The person is deactivated in all tenants.
    #[error("The person is deactivated in all tenants: reactivate them first.")]
    PersonDeactivated,
    /// The person has not accepted the membership, or it is suspended or rejected.
    #[error("The membership of the person in that tenant is not active: a new one is accepted first.")]
    MembershipNotActive,
    /// A role of this name grants less than it is to grant.
    #[error(
        "The tenant's role {name:?} grants less than everything; its holders would get it too. Choose another name."
    )]
    RoleGrantsLess {
        /// Name of the role.
        name: String,
    },
    /// There is no template of this name, or it is retired.
    #[error("There is no role template {}, or it is retired.", Json::from(.0.as_str()))]
    UnknownTemplate(String),
    /// The template has another version by now.
    #[error("The newest version of the template is {version}, and not the one that was expected.")]
    TemplateChanged {
        /// The newest version; 0 where there is no such template.
        version: i32,
    },
    /// The secret in the path leads to no invitation.
    #[error("There is no such invitation. It may have been sent again since: the newest mail counts.")]
    UnknownInvitation,
    /// The invitation cannot be accepted, declined, revoked or sent again.
    #[error("{}", end_of_invitation(*.0))]
    InvitationOver(InvitationEnd),
    /// The address is of a member of the tenant.
    #[error("The address is of a member of the tenant.")]
    AlreadyMember,
    /// The address is invited already.
    #[error("The address is invited already: send that invitation again, or revoke it.")]
    AlreadyInvited,
    /// Whoever comes is known, so that their password is not an invitation's to set.
    #[error(
        "A person with this address is known already: accept without a password, and log in with the one that they have."
    )]
    PersonKnown,
    /// It is the address of a person of whom nobody knows that it is theirs.
    #[error(
        "The person who is registered with this address has not shown that it is theirs. Have a link mailed by which they set their password, and accept then."
    )]
    PersonUnproven,
    /// Whoever comes has a link that a tenant was told, so that the password could be the tenant's.
    #[error(
        "A password is chosen by the link in the mail alone: whoever invites was told this one too. Accept without a password, or use the mail."
    )]
    AddressNotProven,
    /// The list is longer than one request may have.
    #[error("The list {property} may have no more than {limit} items.")]
    TooManyItems {
        /// The list.
        property: &'static str,
        /// The most.
        limit: usize,
    },
    /// No catalogue has this permission.
    #[error("The permission {} is unknown: GET /permissions lists those that there are.", Json::from(.0.as_str()))]
    UnknownPermission(String),
    /// A unique constraint is in the way that no entity declares.
    #[error("Something in this must be unique, and is there already.")]
    NotUnique,
    /// The header `Idempotency-Key` is no key.
    #[error("The header Idempotency-Key {0}.")]
    InvalidIdempotencyKey(&'static str),
    /// The key was used for another request.
    #[error("This Idempotency-Key was used for another request: a new request needs a new key.")]
    IdempotencyKeyReused,
    /// A request with the same key is being carried out.
    #[error("A request with this Idempotency-Key is at work: ask again for its answer.")]
    IdempotencyKeyAtWork,
    /// Other rows refer to the row.
    #[error("The row is still referred to.")]
    StillReferenced,
    /// The database or the token keys cannot be reached, or too many requests wait.
    #[error("The service is not available now; try again.")]
    Unavailable(#[source] Option<BoxError>),
    /// The request, or a statement of it, was ended because its time was up.
    #[error("The request took longer than it may. Ask for less at once, or try again later.")]
    TookTooLong(#[source] BoxError),
    /// A mail was not taken, and is tried again.
    #[error("The mail was not taken: {0}")]
    MailNotSent(String),
    /// A defect.
    #[error("Something in the service is wrong; its log says what.")]
    Internal(#[source] BoxError),
}

/// A row as people know it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NamedRow {
    /// Its id.
    pub id: uuid::Uuid,
    /// Its name.
    pub name: String,
}

/// Why an invitation is over, as a sentence.
fn end_of_invitation(end: InvitationEnd) -> &'static str {
    match end {
        InvitationEnd::Expired => "The invitation is over: its time has passed, or the tenant is not open.",
        InvitationEnd::Used => "This invitation was accepted already.",
        InvitationEnd::Declined => "This invitation was declined.",
        InvitationEnd::Revoked => "This invitation was revoked.",
        InvitationEnd::Withdrawn => "Whoever invited may not give any more what this invitation promises.",
        InvitationEnd::Outdated => "The role or a group of this invitation is not there any more.",
    }
}

/// Rows by their names, in their order.
fn named(rows: &[NamedRow]) -> String {
    rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// How many members have a role, and how many groups carry it, as a sentence.
fn holders_of_role(holders: u64, groups: u64) -> String {
    let members = format!("{holders} {} it", if holders == 1 { "member has" } else { "members have" });
    let groups = match groups {
        0 => return members,
        1 => "1 group carries it".to_owned(),
        several => format!("{several} groups carry it"),
    };
    if holders == 0 { groups } else { format!("{members}, and {groups}") }
}

/// What was looked for and not found. Of another tenant's row no more is said than of one that is not there.
#[derive(Debug, PartialEq, Eq)]
pub struct Sought {
    /// Name of the model.
    pub(crate) entity: &'static str,
    /// Its table.
    pub(crate) table: &'static str,
    /// The id, as it was given.
    pub(crate) id: String,
}

impl Sought {
    /// The most letters of an id that an answer repeats: more are none.
    const LONGEST: usize = 100;

    /// A row of an entity.
    pub(crate) fn of<E: Entity>(id: &(impl ToString + ?Sized)) -> Self {
        Self { entity: E::meta().name, table: E::meta().table, id: id.to_string() }
    }

    /// The id, or the beginning of one that is too long to be any.
    pub(crate) fn shown_id(&self) -> String {
        match self.id.char_indices().nth(Self::LONGEST) {
            Some((end, _)) => format!("{}…", &self.id[..end]),
            None => self.id.clone(),
        }
    }
}

impl std::fmt::Display for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "There is no {} with the id {}.", self.entity, Json::from(self.shown_id()))
    }
}

/// A cause, kept for the log.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Result of the service.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a service could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nothing said how to verify tokens.
    #[error("no token verifier is set")]
    NoVerifier,
    /// The database cannot be opened or read.
    #[error("the database cannot be used")]
    Database(#[source] BoxError),
    /// The schema is not the one of this program.
    #[error("the database schema is not ready: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Schema(Vec<Finding>),
    /// A migration failed.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The token verifier or the HTTP side was given something impossible.
    #[error("invalid option: {0}")]
    Options(#[source] BoxError),
}
