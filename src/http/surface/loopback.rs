//! LoopBack's envelope, and the words of the original, which clients compare (contract of the original, section 4).

use serde_json::{Map, Value as Json, json};
use user_tenant_store::filter::FilterError;

use super::details;
use crate::error::{Error, ErrorCode as Code, Sought, Taken};

/// What the original says of a code at one operation: operation, code, the property that it is about if that matters,
/// status, words.
type Words = (&'static str, Code, &'static str, u16, &'static str);

const WORDS: &[Words] = &[
    ("TenantRoleController.create", Code::Taken, "", 403, " Role with same name already exist"),
    ("TenantGroupController.create", Code::Taken, "name", 403, " Group with same name already exist"),
    ("TenantUserController.patch", Code::Taken, "username", 403, "Username already exists"),
    ("GroupUserController.create", Code::Taken, "", 403, "User is already added in this group"),
    ("TenantUserController.create", Code::LoginTaken, "", 409, "User Already Exists"),
    ("UserWebhookController.callback", Code::LoginTaken, "", 409, "User already exists"),
    ("TenantRoleController.delete", Code::OwnRole, "", 403, "Not Allowed"),
    ("TenantRoleController.delete", Code::PermissionNotHeld, "", 403, "Not Allowed"),
    (
        "UserTenantUserLevelPermissionController.create",
        Code::OwnPermissions,
        "",
        403,
        "user can not change its own permission",
    ),
    ("GroupUserController.delete", Code::OwnMembership, "", 403, "An owner cannot remove himself as the owner"),
    ("GroupUserController.create", Code::NotOfTenant, "", 403, "user access not allowed"),
];

/// Operations that answer a row to read which is not there in words of their own.
const READS: &[&str] =
    &["TenantController.findById", "UserTenantPrefsController.deleteById", "UserTenantPrefsController.deleteHardById"];

/// Operations that answer a row to write which is not there with the name of its table, each with the entity.
const WRITES: &[(&str, &str)] = &[
    ("TenantController.updateById", "Tenant"),
    ("TenantController.replaceById", "Tenant"),
    ("TenantController.deleteById", "Tenant"),
    ("TenantUserController.patch", "User"),
    ("TenantUserController.delete", "User"),
    ("TenantUserRoleController.assign", "User"),
];

/// Status and body of the answer.
pub(super) fn render(error: &Error, operation: &str) -> (u16, Json) {
    let row = error.code().row().loopback;
    let (mut status, mut name, mut code) = (row.status, row.name, row.code);
    let mut details = listed(error);
    let message = match words(error, operation) {
        Some((own, text)) => {
            status = own;
            // A refusal of the original's rules is an object.
            if own == 403 {
                name = "ForbiddenError";
                json!({ "message": text })
            } else {
                text.into()
            }
        }
        None => match error {
            Error::NotFound(sought) if READS.contains(&operation) => {
                details = found_nothing(sought);
                "EntityNotFound".into()
            }
            Error::NotFound(sought) if WRITES.contains(&(operation, sought.entity)) => {
                (name, code, details) = ("Error", Some(NOTHING_TO_WRITE), Json::Null);
                format!("Entity not found: {} with id {}", sought.table, Json::from(sought.id.as_str())).into()
            }
            error => message(error),
        },
    };
    let mut body = Map::new();
    body.insert("statusCode".to_owned(), status.into());
    if !name.is_empty() {
        body.insert("name".to_owned(), name.into());
    }
    body.insert("message".to_owned(), message);
    if let Some(code) = code {
        body.insert("code".to_owned(), code.into());
    }
    if !details.is_null() {
        body.insert("details".to_owned(), details);
    }
    (status, json!({ "error": body }))
}

/// What a row to write that is not there has for a code.
const NOTHING_TO_WRITE: &str = "ENTITY_NOT_FOUND";

/// The member `code` of the envelope, where a code of ours has one.
pub(super) fn codes(code: Code) -> Vec<&'static str> {
    let of_writes = (code == Code::NotFound).then_some(NOTHING_TO_WRITE);
    code.row().loopback.code.into_iter().chain(of_writes).collect()
}

/// The statuses that a code has, the usual one first.
pub(super) fn statuses(code: Code) -> Vec<u16> {
    let mut statuses = vec![code.row().loopback.status];
    for (.., status, _) in WORDS.iter().filter(|(_, other, ..)| *other == code) {
        if !statuses.contains(status) {
            statuses.push(*status);
        }
    }
    statuses
}

/// What the original says of an error at this operation, if it has words of its own for it.
fn words(error: &Error, operation: &str) -> Option<(u16, &'static str)> {
    let about = match error {
        Error::Taken(taken) => taken.properties().first().copied().unwrap_or_default(),
        _ => "",
    };
    let code = error.code();
    let fits = |(at, other, property, ..): &&Words| {
        *at == operation && *other == code && (property.is_empty() || *property == about)
    };
    WORDS.iter().find(fits).map(|(.., status, text)| (*status, *text))
}

/// What is said of an error anywhere.
fn message(error: &Error) -> Json {
    let refusal = |text: &str| json!({ "message": text });
    match error {
        Error::Unauthenticated => "Bearer realm=\"Users\"".into(),
        Error::MalformedAuthorization => 400.into(),
        Error::BadSignature => "Unauthorized".into(),
        Error::InvalidToken(_) | Error::CallerNotActive(_) => refusal("TokenExpired"),
        Error::TokenRevoked => refusal("TokenRevoked"),
        Error::PasswordExpired => refusal("PasswordExpiryError"),
        Error::PermissionMissing | Error::PermissionWithdrawn | Error::RowOfAnother | Error::DeletedByChange => {
            "NotAllowedAccess".into()
        }
        Error::PermissionNotHeld { .. }
        | Error::RoleTypeNotHeld
        | Error::ClientsNotHeld
        | Error::MemberHoldsMore
        | Error::OwnRole
        | Error::OwnPermissions
        | Error::OwnMembership
        | Error::MasterNeeded
        | Error::ProfileOfGuest
        | Error::LoginOfAnother => refusal("NotAllowedAccess"),
        Error::OutOfReach(Sought { entity: "Group", .. }) => refusal("Group Access Not Allowed"),
        Error::OutOfReach(Sought { entity: "Tenant", .. }) => refusal("Access to different Tenant Not Allowed"),
        Error::OutOfReach(_) => "NotAllowedAccess".into(),
        Error::NotOfTenant => refusal("User should be from same tenant"),
        Error::NotInGroup => refusal("Unable to find user group records"),
        Error::TenantMismatch => refusal("Tenant Id does not match"),
        Error::UnknownRoute => "API not found !".into(),
        Error::NotFound(_) => "Not Found".into(),
        Error::RelatedNotFound(_) => "Related entity not found !".into(),
        Error::InvalidParameter { name, value, .. } => {
            format!("Invalid data {value} for parameter {}.", Json::from(*name)).into()
        }
        Error::BodyRequired => "Request body is required".into(),
        Error::InvalidBody(_) | Error::InvalidProperty { .. } => {
            "The request body is invalid. See error object `details` property for more info.".into()
        }
        Error::IdMismatch { path, body } => format!("id property (id) cannot be updated from {path} to {body}").into(),
        Error::UnsupportedMediaType(sent) => format!("Content-type {sent} does not match [application/json].").into(),
        Error::PayloadTooLarge => "request entity too large".into(),
        Error::InvalidEmail => "Invalid Email".into(),
        Error::Taken(taken) => conflict(taken).into(),
        Error::LoginTaken => "Username or email is already taken".into(),
        Error::NotUnique => "Unique constraint violation error !".into(),
        Error::Unavailable(_) => "Service Unavailable".into(),
        Error::Internal(_) => "Internal Server Error".into(),
        // Words of our own, which the original has none for, or the same.
        other => other.to_string().into(),
    }
}

/// The member `details`; null for none.
fn listed(error: &Error) -> Json {
    match error {
        Error::NotFound(sought) | Error::RelatedNotFound(Some(sought)) => found_nothing(sought),
        Error::InvalidFilter(FilterError::Invalid { path, code, message, info }) => {
            json!([{ "path": path, "code": code, "message": message, "info": info }])
        }
        Error::InvalidFilter(FilterError::OperatorNotAllowed { operators, predicate }) => {
            json!({ "operators": operators, "where": predicate })
        }
        Error::NoTransition(refused) => {
            json!({ "status": refused.from, "asked": refused.to, "allowed": refused.allowed })
        }
        Error::UnknownPermission(permission) => json!({ "permission": permission }),
        other => details(other),
    }
}

fn found_nothing(sought: &Sought) -> Json {
    json!({ "entity": sought.entity, "id": sought.shown_id() })
}

/// The message of a unique violation, with the columns that the write names: a change names no more than it sets.
fn conflict(taken: &Taken) -> String {
    let (columns, values): (Vec<_>, Vec<_>) = taken.values().map(|(property, value)| (property.column, value)).unzip();
    if columns.is_empty() {
        return "Unique constraint violation error !".to_owned();
    }
    format!("Unique constraint violation error ! Key ({})=({}) already exists.", columns.join(", "), values.join(", "))
}

#[cfg(test)]
mod tests;
