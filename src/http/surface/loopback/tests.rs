//! What clients of the original compare, to the letter: one line a cause, and those of operations with words of their own.

use std::collections::HashSet;

use serde_json::Value as Json;
use user_tenant_store::StoreError;
use user_tenant_store::filter::FilterError;
use user_tenant_store::form::Unwritable;

use super::{READS, WORDS, WRITES, render};
use crate::error::{Error, ErrorCode, Rule, Sought};
use crate::model::lifecycle::TENANTS;
use crate::model::{Group, Inactive, Role, Tenant, TenantState, User, UserTenant};

fn taken(constraint: &str, attempted: &[(&'static str, &str)]) -> Error {
    let attempted = attempted.iter().map(|(column, value)| (*column, (*value).to_owned())).collect();
    StoreError::Conflict { constraint: constraint.to_owned(), columns: Vec::new(), attempted }.into()
}

macro_rules! not_active {
    ($code:literal) => {
        concat!(
            r#"{"statusCode":401,"name":"UnauthorizedError","message":{"message":"TokenExpired"},"code":""#,
            $code,
            r#""}"#
        )
    };
}

/// An error, the operation that ends in it, and the envelope's inside as the original's clients know it.
fn envelopes() -> Vec<(Error, &'static str, &'static str)> {
    const FORBIDDEN: &str = r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"NotAllowedAccess"}}"#;
    const PLAIN: &str = r#"{"statusCode":403,"name":"ForbiddenError","message":"NotAllowedAccess"}"#;
    const EXPIRED: &str = r#"{"statusCode":401,"name":"UnauthorizedError","message":{"message":"TokenExpired"}}"#;
    let property = |property: &str, rule| Error::InvalidProperty { property: property.to_owned(), rule };
    let not_held = || Error::PermissionNotHeld { permission: Some("X".to_owned()) };
    vec![
        (
            Error::Unauthenticated,
            "",
            r#"{"statusCode":401,"name":"UnauthorizedError","message":"Bearer realm=\"Users\""}"#,
        ),
        (Error::MalformedAuthorization, "", r#"{"statusCode":401,"name":"UnauthorizedError","message":400}"#),
        (Error::BadSignature, "", r#"{"statusCode":401,"name":"UnauthorizedError","message":"Unauthorized"}"#),
        (Error::InvalidToken("signature"), "", EXPIRED),
        (
            Error::TokenRevoked,
            "",
            r#"{"statusCode":401,"name":"UnauthorizedError","message":{"message":"TokenRevoked"},"code":"TOKEN_REVOKED"}"#,
        ),
        (
            Error::PasswordExpired,
            "",
            r#"{"statusCode":401,"name":"UnauthorizedError","message":{"message":"PasswordExpiryError"}}"#,
        ),
        (
            Error::CallerNotActive(Inactive::Unknown),
            "",
            r#"{"statusCode":401,"name":"UnauthorizedError","message":{"message":"TokenExpired"},"code":"CALLER_NOT_ACTIVE"}"#,
        ),
        (Error::CallerNotActive(Inactive::UserDeactivated), "", not_active!("USER_DEACTIVATED")),
        (Error::CallerNotActive(Inactive::TenantPending), "", not_active!("TENANT_PENDING")),
        (Error::CallerNotActive(Inactive::TenantSuspended), "", not_active!("TENANT_SUSPENDED")),
        (Error::CallerNotActive(Inactive::TenantArchived), "", not_active!("TENANT_ARCHIVED")),
        (Error::CallerNotActive(Inactive::MembershipRegistered), "", not_active!("MEMBERSHIP_REGISTERED")),
        (Error::CallerNotActive(Inactive::MembershipSuspended), "", not_active!("MEMBERSHIP_SUSPENDED")),
        (Error::CallerNotActive(Inactive::MembershipRejected), "", not_active!("MEMBERSHIP_REJECTED")),
        (
            Error::MasterNeeded,
            "",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"NotAllowedAccess"},"code":"MASTER_NEEDED"}"#,
        ),
        (
            TENANTS.check(TenantState::Pending, TenantState::Suspended, TenantState::Pending).unwrap_err().into(),
            "TenantController.updateById",
            r#"{"statusCode":409,"name":"ConflictError","message":"A tenant that is pending does not become suspended by a change; it may become active or archived.","code":"NO_TRANSITION","details":{"status":"pending","asked":"suspended","allowed":["active","archived"]}}"#,
        ),
        (Error::PermissionMissing, "", PLAIN),
        (Error::RowOfAnother, "UserTenantPrefsController.deleteById", PLAIN),
        (Error::DeletedByChange, "TenantController.updateById", PLAIN),
        (Error::OutOfReach(Sought::of::<User>("7")), "UserTenantController.find", PLAIN),
        (
            Error::PermissionWithdrawn,
            "",
            r#"{"statusCode":403,"name":"ForbiddenError","message":"NotAllowedAccess","code":"PERMISSION_WITHDRAWN"}"#,
        ),
        (not_held(), "TenantRoleController.create", FORBIDDEN),
        (Error::OwnRole, "TenantRoleController.patch", FORBIDDEN),
        (Error::OwnPermissions, "UserTenantUserLevelPermissionController.patch", FORBIDDEN),
        (Error::OwnMembership, "TenantUserController.delete", FORBIDDEN),
        (Error::MemberHoldsMore, "TenantUserController.delete", FORBIDDEN),
        (Error::ProfileOfGuest, "TenantUserController.patch", FORBIDDEN),
        (Error::LoginOfAnother, "TenantUserController.patch", FORBIDDEN),
        (Error::RoleTypeNotHeld, "TenantRoleController.create", FORBIDDEN),
        (Error::ClientsNotHeld, "TenantRoleController.create", FORBIDDEN),
        (
            not_held(),
            "TenantRoleController.delete",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"Not Allowed"}}"#,
        ),
        (
            Error::OwnPermissions,
            "UserTenantUserLevelPermissionController.create",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"user can not change its own permission"}}"#,
        ),
        (
            Error::OwnMembership,
            "GroupUserController.delete",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"An owner cannot remove himself as the owner"}}"#,
        ),
        (
            taken("uq_roles_tenant_id_name", &[("tenant_id", "1"), ("name", "admin")]),
            "TenantRoleController.create",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":" Role with same name already exist"}}"#,
        ),
        (
            taken("uq_roles_tenant_id_name", &[("name", "admin")]),
            "TenantRoleController.patch",
            r#"{"statusCode":409,"name":"ConflictError","message":"Unique constraint violation error ! Key (name)=(admin) already exists."}"#,
        ),
        (
            taken("uq_groups_tenant_id_name", &[("name", "sales")]),
            "TenantGroupController.create",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":" Group with same name already exist"}}"#,
        ),
        (
            taken("uq_users_username", &[("username", "ann")]),
            "TenantUserController.patch",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"Username already exists"}}"#,
        ),
        (
            taken("uq_users_email", &[("email", "a@x.example")]),
            "TenantUserController.patch",
            r#"{"statusCode":409,"name":"ConflictError","message":"Unique constraint violation error ! Key (email)=(a@x.example) already exists."}"#,
        ),
        (
            taken("user_groups.group_id, user_groups.user_tenant_id", &[]),
            "GroupUserController.create",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"User is already added in this group"}}"#,
        ),
        (
            taken("user_tenants.tenant_id, user_tenants.user_id", &[("tenant_id", "1"), ("user_id", "2")]),
            "",
            r#"{"statusCode":409,"name":"ConflictError","message":"Unique constraint violation error ! Key (user_id, tenant_id)=(2, 1) already exists."}"#,
        ),
        // Nobody knows it, and it is not taken for one that is known.
        (
            taken("", &[("name", "admin")]),
            "TenantRoleController.create",
            r#"{"statusCode":409,"name":"ConflictError","message":"Unique constraint violation error !"}"#,
        ),
        (
            Error::LoginTaken,
            "TenantUserController.create",
            r#"{"statusCode":409,"name":"ConflictError","message":"User Already Exists"}"#,
        ),
        (
            Error::LoginTaken,
            "UserWebhookController.callback",
            r#"{"statusCode":409,"name":"ConflictError","message":"User already exists"}"#,
        ),
        (
            Error::LoginTaken,
            "TenantUserController.patch",
            r#"{"statusCode":409,"name":"ConflictError","message":"Username or email is already taken"}"#,
        ),
        (
            Error::StillReferenced,
            "",
            r#"{"statusCode":409,"name":"ConflictError","message":"The row is still referred to."}"#,
        ),
        (
            Error::RoleInUse { holders: 1, groups: 0 },
            "",
            r#"{"statusCode":409,"name":"ConflictError","message":"The role is in use: 1 member has it."}"#,
        ),
        (
            Error::QuotaExceeded { what: "preferences of the member", limit: 200 },
            "",
            r#"{"statusCode":409,"name":"ConflictError","message":"There may be no more than 200 preferences of the member.","code":"QUOTA_EXCEEDED"}"#,
        ),
        (
            Error::UnknownPermission("VeiwRoles".to_owned()),
            "",
            r#"{"statusCode":422,"name":"UnprocessableEntityError","message":"The permission \"VeiwRoles\" is unknown: GET /permissions lists those that there are.","code":"UNKNOWN_PERMISSION","details":{"permission":"VeiwRoles"}}"#,
        ),
        (
            Error::OutOfReach(Sought::of::<Group>("7")),
            "GroupUserController.find",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"Group Access Not Allowed"}}"#,
        ),
        (
            Error::NotOfTenant,
            "GroupUserController.create",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"user access not allowed"}}"#,
        ),
        (
            Error::NotOfTenant,
            "GroupUserController.createBulkUserGroups",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"User should be from same tenant"}}"#,
        ),
        (
            Error::NotInGroup,
            "GroupUserController.delete",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"Unable to find user group records"}}"#,
        ),
        (
            Error::TenantMismatch,
            "TenantGroupController.patch",
            r#"{"statusCode":403,"name":"ForbiddenError","message":{"message":"Tenant Id does not match"}}"#,
        ),
        (
            Error::TenantNotActive(TenantState::Suspended),
            "",
            r#"{"statusCode":403,"name":"ForbiddenError","message":"The tenant is not active.","code":"TENANT_NOT_ACTIVE"}"#,
        ),
        (Error::UnknownRoute, "", r#"{"statusCode":404,"name":"NotFoundError","message":"API not found !"}"#),
        (
            Error::NotFound(Sought::of::<Tenant>("7")),
            "TenantController.findById",
            r#"{"statusCode":404,"name":"NotFoundError","message":"EntityNotFound","details":{"entity":"Tenant","id":"7"}}"#,
        ),
        (
            Error::NotFound(Sought::of::<Tenant>("7")),
            "TenantController.updateById",
            r#"{"statusCode":404,"name":"Error","message":"Entity not found: tenants with id \"7\"","code":"ENTITY_NOT_FOUND"}"#,
        ),
        (
            Error::NotFound(Sought::of::<User>("7")),
            "TenantUserController.patch",
            r#"{"statusCode":404,"name":"Error","message":"Entity not found: users with id \"7\"","code":"ENTITY_NOT_FOUND"}"#,
        ),
        (
            Error::NotFound(Sought::of::<Role>("7")),
            "TenantUserController.patch",
            r#"{"statusCode":404,"name":"NotFoundError","message":"Not Found","details":{"entity":"Role","id":"7"}}"#,
        ),
        (
            Error::NotFound(Sought::of::<UserTenant>("7")),
            "",
            r#"{"statusCode":404,"name":"NotFoundError","message":"Not Found","details":{"entity":"UserTenant","id":"7"}}"#,
        ),
        (
            Error::RelatedNotFound(None),
            "",
            r#"{"statusCode":404,"name":"NotFoundError","message":"Related entity not found !"}"#,
        ),
        (
            Error::RelatedNotFound(Some(Sought::of::<Tenant>("7"))),
            "",
            r#"{"statusCode":404,"name":"NotFoundError","message":"Related entity not found !","details":{"entity":"Tenant","id":"7"}}"#,
        ),
        (
            Error::UnknownParameter("filtre".to_owned()),
            "",
            r#"{"statusCode":400,"name":"BadRequestError","message":"The query parameter \"filtre\" is unknown here.","code":"UNKNOWN_PARAMETER"}"#,
        ),
        (
            Error::InvalidParameter { name: "filter", value: Box::new("{".into()), details: Box::new(Json::Null) },
            "",
            r#"{"statusCode":400,"name":"BadRequestError","message":"Invalid data \"{\" for parameter \"filter\".","code":"INVALID_PARAMETER_VALUE"}"#,
        ),
        (
            Error::InvalidFilter(FilterError::TooDeep { limit: 3 }),
            "",
            r#"{"statusCode":400,"name":"Error","message":"The query object exceeds maximum depth 3","code":"QUERY_OBJECT_TOO_DEEP"}"#,
        ),
        (
            Error::NothingToInclude,
            "UserTenantController.find",
            r#"{"statusCode":400,"name":"Error","message":"Invalid \"filter.include\": this operation includes nothing.","code":"INVALID_INCLUSION_FILTER"}"#,
        ),
        (
            Error::WhereRequired,
            "",
            r#"{"statusCode":400,"name":"BadRequestError","message":"A non-empty \"where\" is required.","code":"MISSING_REQUIRED_PARAMETER"}"#,
        ),
        (
            Error::BodyRequired,
            "",
            r#"{"statusCode":400,"name":"BadRequestError","message":"Request body is required","code":"MISSING_REQUIRED_PARAMETER"}"#,
        ),
        (
            Error::MalformedJson("request aborted".to_owned()),
            "",
            r#"{"statusCode":400,"name":"SyntaxError","message":"request aborted"}"#,
        ),
        (
            Error::ProhibitedKey("__proto__"),
            "",
            r#"{"statusCode":400,"name":"Error","message":"JSON string cannot contain \"__proto__\" key."}"#,
        ),
        (
            Error::IdMismatch { path: "1".to_owned(), body: "2".to_owned() },
            "",
            r#"{"statusCode":400,"name":"Error","message":"id property (id) cannot be updated from 1 to 2"}"#,
        ),
        (Error::InvalidEmail, "", r#"{"statusCode":400,"name":"BadRequestError","message":"Invalid Email"}"#),
        (
            Error::UnsupportedMediaType("text/plain".to_owned()),
            "",
            r#"{"statusCode":415,"name":"UnsupportedMediaTypeError","message":"Content-type text/plain does not match [application/json].","code":"UNSUPPORTED_MEDIA_TYPE"}"#,
        ),
        (
            Error::UnsupportedEncoding { what: "charset", value: "LATIN1".to_owned() },
            "",
            r#"{"statusCode":415,"name":"UnsupportedMediaTypeError","message":"unsupported charset \"LATIN1\""}"#,
        ),
        (
            Error::PayloadTooLarge,
            "",
            r#"{"statusCode":413,"name":"PayloadTooLargeError","message":"request entity too large"}"#,
        ),
        (
            Error::UnknownTransferCoding,
            "",
            r#"{"statusCode":501,"name":"NotImplementedError","message":"The only transfer coding is chunked."}"#,
        ),
        (
            property("key", Rule::Required),
            "TenantController.create",
            r#"{"statusCode":422,"name":"UnprocessableEntityError","message":"The request body is invalid. See error object `details` property for more info.","code":"VALIDATION_FAILED","details":[{"path":"","code":"required","message":"must have required property 'key'","info":{"missingProperty":"key"}}]}"#,
        ),
        (
            property("name", Rule::Form(Unwritable::TooLong(20))),
            "",
            r#"{"statusCode":422,"name":"UnprocessableEntityError","message":"The request body is invalid. See error object `details` property for more info.","code":"VALIDATION_FAILED","details":[{"path":"/name","code":"maxLength","message":"must NOT have more than 20 characters","info":{"limit":20}}]}"#,
        ),
        (
            property("x", Rule::Known),
            "",
            r#"{"statusCode":422,"name":"UnprocessableEntityError","message":"The request body is invalid. See error object `details` property for more info.","code":"VALIDATION_FAILED","details":[{"path":"/x","code":"additionalProperties","message":"`x` is not a property","info":{}}]}"#,
        ),
        (Error::Unavailable(None), "", r#"{"statusCode":503,"message":"Service Unavailable"}"#),
        (
            Error::TookTooLong("hush".into()),
            "",
            r#"{"statusCode":503,"message":"The request took longer than it may. Ask for less at once, or try again later.","code":"TOOK_TOO_LONG"}"#,
        ),
        (Error::Internal("hush".into()), "", r#"{"statusCode":500,"message":"Internal Server Error"}"#),
    ]
}

#[test]
fn envelopes_are_the_originals_to_the_letter() {
    for (error, operation, expected) in envelopes() {
        let (status, body) = render(&error, operation);
        assert_eq!(body["error"].to_string(), expected, "{error:?} at {operation:?}");
        assert_eq!(body["error"]["statusCode"], status);
    }
}

#[test]
fn an_id_that_is_none_is_not_repeated_whole() {
    let long = "x".repeat(5_000);
    let (_, read) = render(&Error::NotFound(Sought::of::<Role>(&long)), "");
    assert_eq!(read["error"]["details"]["id"], format!("{}…", "x".repeat(100)));
}

#[test]
fn operations_with_words_of_their_own_exist_and_each_word_once() {
    let operations: HashSet<_> = crate::http::routes().iter().map(|route| route.operation).collect();
    let named = WORDS.iter().map(|(operation, ..)| operation);
    let named = named.chain(READS).chain(WRITES.iter().map(|(operation, _)| operation));
    for operation in named {
        assert!(operations.contains(operation), "{operation}");
    }
    let keys: HashSet<_> = WORDS.iter().map(|(operation, code, property, ..)| (operation, code, property)).collect();
    assert_eq!(keys.len(), WORDS.len());
}

#[test]
fn every_cause_that_the_original_knows_is_above() {
    // What only our own rules, filters and messages say is in words of our own on every surface.
    let own = [
        ErrorCode::OperatorNotAllowed,
        ErrorCode::InvalidFilter,
        ErrorCode::TooManyRows,
        ErrorCode::AnswerTooLarge,
        ErrorCode::InvalidMessage,
        ErrorCode::GroupCycle,
        ErrorCode::GroupsTooDeep,
        ErrorCode::LastAdministrator,
        ErrorCode::RetentionOver,
        ErrorCode::RoleGrantsLess,
        ErrorCode::InvalidIdempotencyKey,
        ErrorCode::IdempotencyKeyReused,
        ErrorCode::IdempotencyKeyAtWork,
        ErrorCode::UnknownTemplate,
        ErrorCode::MembershipNotActive,
        ErrorCode::TemplateChanged,
        ErrorCode::PasswordPolicy,
        ErrorCode::WrongCredentials,
        ErrorCode::LoginElsewhere,
        ErrorCode::TooManyAttempts,
        ErrorCode::ResetUnknown,
        ErrorCode::ResetExpired,
        ErrorCode::ResetUsed,
        ErrorCode::MailNotSent,
        ErrorCode::InvitationUnknown,
        ErrorCode::InvitationExpired,
        ErrorCode::InvitationUsed,
        ErrorCode::InvitationDeclined,
        ErrorCode::InvitationRevoked,
        ErrorCode::InvitationWithdrawn,
        ErrorCode::InvitationOutdated,
        ErrorCode::AlreadyMember,
        ErrorCode::AlreadyInvited,
        ErrorCode::PersonKnown,
        ErrorCode::PersonUnproven,
        ErrorCode::AddressNotProven,
        ErrorCode::TooManyItems,
    ];
    let seen: HashSet<_> = envelopes().iter().map(|(error, ..)| error.code()).collect();
    for code in ErrorCode::ALL {
        assert_ne!(seen.contains(code), own.contains(code), "{code:?}");
    }
}
