//! From what the store says to an [`Error`], and from an error to its code.

use serde_json::json;
use user_tenant_store::StoreError;
use user_tenant_store::filter::FilterError;

use super::{Error, ErrorCode as Code, Taken};
use crate::model::lifecycle::NoTransition;
use crate::model::{Inactive, InvitationEnd};

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Filter(error) => Self::InvalidFilter(error),
            StoreError::Conflict { constraint, attempted, .. } => Taken::violated(&constraint, attempted),
            StoreError::MissingReference | StoreError::OutsideScope => Self::RelatedNotFound(None),
            StoreError::TooManyRows { .. }
            | StoreError::TooManyToChange { .. }
            | StoreError::TooMuchToChange { .. } => Self::TooManyRows(error.to_string()),
            StoreError::TooManyBytes { .. } => Self::AnswerTooLarge(error.to_string()),
            StoreError::InvalidValue(source) => {
                // The schemas ought to have refused it; the log tells which rule they lack.
                tracing::debug!(%source, "the database refused a value");
                Self::InvalidBody(Box::new(json!([])))
            }
            StoreError::StillReferenced => Self::StillReferenced,
            StoreError::Timeout(source) => Self::TookTooLong(source),
            StoreError::Unavailable(source) | StoreError::Contention(source) => Self::Unavailable(Some(source)),
            // Its source would not tell it apart.
            StoreError::Damaged(_) => Self::Unavailable(Some(Box::new(error))),
            StoreError::Aborted | StoreError::Database(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<NoTransition> for Error {
    fn from(refused: NoTransition) -> Self {
        Self::NoTransition(refused)
    }
}

impl From<FilterError> for Error {
    fn from(error: FilterError) -> Self {
        Self::InvalidFilter(error)
    }
}

impl Error {
    /// What it is, for programs: `docs/errors.md` lists all codes.
    pub fn code(&self) -> Code {
        match self {
            Self::Unauthenticated => Code::Unauthenticated,
            Self::MalformedAuthorization => Code::MalformedAuthorization,
            Self::BadSignature => Code::BadSignature,
            Self::InvalidToken(_) => Code::InvalidToken,
            Self::TokenRevoked => Code::TokenRevoked,
            Self::CallerNotActive(why) => match why {
                Inactive::Unknown => Code::CallerNotActive,
                Inactive::UserDeactivated => Code::UserDeactivated,
                Inactive::TenantPending => Code::TenantPending,
                Inactive::TenantSuspended => Code::TenantSuspended,
                Inactive::TenantArchived => Code::TenantArchived,
                Inactive::MembershipRegistered => Code::MembershipRegistered,
                Inactive::MembershipSuspended => Code::MembershipSuspended,
                Inactive::MembershipRejected => Code::MembershipRejected,
            },
            Self::PasswordExpired => Code::PasswordExpired,
            Self::PermissionMissing => Code::PermissionMissing,
            Self::PermissionWithdrawn => Code::PermissionWithdrawn,
            Self::PermissionNotHeld { .. } => Code::PermissionNotHeld,
            Self::RoleTypeNotHeld => Code::RoleTypeNotHeld,
            Self::ClientsNotHeld => Code::ClientsNotHeld,
            Self::MemberHoldsMore => Code::MemberHoldsMore,
            Self::OwnRole => Code::OwnRole,
            Self::OwnPermissions => Code::OwnPermissions,
            Self::OwnMembership => Code::OwnMembership,
            Self::ProfileOfGuest => Code::ProfileOfGuest,
            Self::LoginOfAnother => Code::LoginOfAnother,
            Self::RowOfAnother => Code::RowOfAnother,
            Self::DeletedByChange => Code::DeletedByChange,
            Self::TenantNotActive(_) => Code::TenantNotActive,
            Self::MasterNeeded => Code::MasterNeeded,
            Self::OutOfReach(_) => Code::OutOfReach,
            Self::NotOfTenant => Code::NotOfTenant,
            Self::NotInGroup => Code::NotInGroup,
            Self::TenantMismatch => Code::TenantMismatch,
            Self::UnknownRoute => Code::UnknownRoute,
            Self::NotFound(_) => Code::NotFound,
            Self::RelatedNotFound(_) => Code::RelatedNotFound,
            Self::UnknownParameter(_) => Code::UnknownParameter,
            Self::InvalidParameter { .. } => Code::InvalidParameter,
            Self::InvalidFilter(FilterError::Inclusion(_) | FilterError::GoesBack { .. }) | Self::NothingToInclude => {
                Code::InvalidInclusion
            }
            Self::InvalidFilter(FilterError::OperatorNotAllowed { .. }) => Code::OperatorNotAllowed,
            Self::InvalidFilter(FilterError::TooDeep { .. }) => Code::FilterTooDeep,
            Self::InvalidFilter(FilterError::Invalid { .. } | FilterError::Clause(_)) => Code::InvalidFilter,
            Self::TooManyRows(_) => Code::TooManyRows,
            Self::AnswerTooLarge(_) => Code::AnswerTooLarge,
            Self::WhereRequired => Code::WhereRequired,
            Self::InvalidMessage(_) => Code::InvalidMessage,
            Self::UnknownTransferCoding => Code::UnknownTransferCoding,
            Self::MalformedJson(_) => Code::MalformedJson,
            Self::ProhibitedKey(_) => Code::ProhibitedKey,
            Self::BodyRequired => Code::BodyRequired,
            Self::InvalidBody(_) | Self::InvalidProperty { .. } => Code::ValidationFailed,
            Self::IdMismatch { .. } => Code::IdMismatch,
            Self::UnsupportedMediaType(_) => Code::UnsupportedMediaType,
            Self::UnsupportedEncoding { .. } => Code::UnsupportedEncoding,
            Self::PayloadTooLarge => Code::PayloadTooLarge,
            Self::InvalidEmail => Code::InvalidEmail,
            Self::PasswordPolicy(_) => Code::PasswordPolicy,
            Self::WrongCredentials => Code::WrongCredentials,
            Self::LoginElsewhere(_) => Code::LoginElsewhere,
            Self::TooManyAttempts { .. } => Code::TooManyAttempts,
            Self::ResetUnknown => Code::ResetUnknown,
            Self::ResetExpired => Code::ResetExpired,
            Self::ResetUsed => Code::ResetUsed,
            Self::RoleInUse { .. } => Code::RoleInUse,
            Self::GroupCycle { .. } => Code::GroupCycle,
            Self::GroupsTooDeep { .. } => Code::GroupsTooDeep,
            Self::LastAdministrator => Code::LastAdministrator,
            Self::NoTransition(_) => Code::NoTransition,
            Self::RetentionOver { .. } => Code::RetentionOver,
            Self::QuotaExceeded { .. } => Code::QuotaExceeded,
            Self::Taken(_) => Code::Taken,
            Self::LoginTaken | Self::PersonDeactivated => Code::LoginTaken,
            Self::RoleGrantsLess { .. } => Code::RoleGrantsLess,
            Self::MembershipNotActive => Code::MembershipNotActive,
            Self::UnknownTemplate(_) => Code::UnknownTemplate,
            Self::TemplateChanged { .. } => Code::TemplateChanged,
            Self::UnknownInvitation => Code::InvitationUnknown,
            Self::InvitationOver(end) => match end {
                InvitationEnd::Expired => Code::InvitationExpired,
                InvitationEnd::Used => Code::InvitationUsed,
                InvitationEnd::Declined => Code::InvitationDeclined,
                InvitationEnd::Revoked => Code::InvitationRevoked,
                InvitationEnd::Withdrawn => Code::InvitationWithdrawn,
                InvitationEnd::Outdated => Code::InvitationOutdated,
            },
            Self::AlreadyMember => Code::AlreadyMember,
            Self::AlreadyInvited => Code::AlreadyInvited,
            Self::PersonKnown => Code::PersonKnown,
            Self::PersonUnproven => Code::PersonUnproven,
            Self::AddressNotProven => Code::AddressNotProven,
            Self::TooManyItems { .. } => Code::TooManyItems,
            Self::UnknownPermission(_) => Code::UnknownPermission,
            Self::NotUnique => Code::NotUnique,
            Self::InvalidIdempotencyKey(_) => Code::InvalidIdempotencyKey,
            Self::IdempotencyKeyReused => Code::IdempotencyKeyReused,
            Self::IdempotencyKeyAtWork => Code::IdempotencyKeyAtWork,
            Self::StillReferenced => Code::StillReferenced,
            Self::Unavailable(_) => Code::Unavailable,
            Self::TookTooLong(_) => Code::TookTooLong,
            Self::MailNotSent(_) => Code::MailNotSent,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// How a request is refused that names something outside the tenant that it acts on. Of a row that is not
    /// found nobody can tell whether it is another tenant's or nobody's.
    pub(crate) fn wall_refusal(&self) -> Option<&'static str> {
        match self {
            Self::OutOfReach(_) | Self::NotOfTenant | Self::NotInGroup | Self::TenantMismatch => Some("forbidden"),
            Self::NotFound(_) | Self::RelatedNotFound(_) => Some("not_found"),
            _ => None,
        }
    }
}
