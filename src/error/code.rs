//! The codes of all errors, each declared once: its meaning, and its status on each surface. Document, metrics and answers follow.

/// What a code is on the surfaces.
pub(crate) struct Row {
    /// The code itself, which never changes.
    pub(crate) name: &'static str,
    /// What it means, in a sentence.
    pub(crate) meaning: &'static str,
    /// Its status on surfaces of our own.
    pub(crate) status: u16,
    /// What `LoopBack` makes of it.
    pub(crate) loopback: LoopBack,
}

/// A row of LoopBack's errors.
pub(crate) struct LoopBack {
    /// The status, where the operation has none of its own for it.
    pub(crate) status: u16,
    /// Its `name`; empty for none.
    pub(crate) name: &'static str,
    /// Its `code`, which few have.
    pub(crate) code: Option<&'static str>,
}

macro_rules! optional {
    () => {
        None
    };
    ($code:literal) => {
        Some($code)
    };
}

macro_rules! codes {
    ($(
        #[doc = $meaning:literal]
        $variant:ident $name:literal $status:literal, $theirs:literal $their_name:literal $($their_code:literal)?;
    )+) => {
        /// What an error is, for programs: stable, and the same on every surface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = $meaning] $variant,)+
        }

        impl ErrorCode {
            /// All of them, in the order of the document.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its row of the table.
            pub(crate) const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        name: $name,
                        meaning: $meaning.trim_ascii(),
                        status: $status,
                        loopback: LoopBack { status: $theirs, name: $their_name, code: optional!($($their_code)?) },
                    },)+
                }
            }
        }
    };
}

// Code, status on our own surfaces; then LoopBack's status, name and code.
codes! {
    /// The request has no bearer token.
    Unauthenticated "UNAUTHENTICATED" 401, 401 "UnauthorizedError";
    /// The `Authorization` header is malformed, or there are two tokens.
    MalformedAuthorization "MALFORMED_AUTHORIZATION" 401, 401 "UnauthorizedError";
    /// The signature of a signed request is not good, or was good before.
    BadSignature "BAD_SIGNATURE" 401, 401 "UnauthorizedError";
    /// The token does not verify, or is over.
    InvalidToken "INVALID_TOKEN" 401, 401 "UnauthorizedError";
    /// The token was ended before its time: its holder has logged out, or has a newer one.
    TokenRevoked "TOKEN_REVOKED" 401, 401 "UnauthorizedError" "TOKEN_REVOKED";
    /// The caller's password has expired.
    PasswordExpired "PASSWORD_EXPIRED" 401, 401 "UnauthorizedError";
    /// The caller's membership, or its user or tenant, is not there.
    CallerNotActive "CALLER_NOT_ACTIVE" 401, 401 "UnauthorizedError" "CALLER_NOT_ACTIVE";
    /// The caller's user is deactivated in all tenants.
    UserDeactivated "USER_DEACTIVATED" 401, 401 "UnauthorizedError" "USER_DEACTIVATED";
    /// The caller's tenant is not open yet.
    TenantPending "TENANT_PENDING" 401, 401 "UnauthorizedError" "TENANT_PENDING";
    /// The caller's tenant is suspended.
    TenantSuspended "TENANT_SUSPENDED" 401, 401 "UnauthorizedError" "TENANT_SUSPENDED";
    /// The caller's tenant is archived.
    TenantArchived "TENANT_ARCHIVED" 401, 401 "UnauthorizedError" "TENANT_ARCHIVED";
    /// The caller has not come to the tenant, and must before they may act there.
    MembershipRegistered "MEMBERSHIP_REGISTERED" 401, 401 "UnauthorizedError" "MEMBERSHIP_REGISTERED";
    /// The caller's membership is suspended.
    MembershipSuspended "MEMBERSHIP_SUSPENDED" 401, 401 "UnauthorizedError" "MEMBERSHIP_SUSPENDED";
    /// The caller's membership is rejected.
    MembershipRejected "MEMBERSHIP_REJECTED" 401, 401 "UnauthorizedError" "MEMBERSHIP_REJECTED";
    /// The token does not grant the permission that the operation needs.
    PermissionMissing "PERMISSION_MISSING" 403, 403 "ForbiddenError";
    /// The token grants the permission that the operation needs, and the database does not any more.
    PermissionWithdrawn "PERMISSION_WITHDRAWN" 403, 403 "ForbiddenError" "PERMISSION_WITHDRAWN";
    /// The change gives, takes or touches a permission that the caller does not hold.
    PermissionNotHeld "PERMISSION_NOT_HELD" 403, 403 "ForbiddenError";
    /// The caller's own role is of another type than the one to give.
    RoleTypeNotHeld "ROLE_TYPE_NOT_HELD" 403, 403 "ForbiddenError";
    /// The caller's own role is bound to other client applications than the role to give.
    ClientsNotHeld "CLIENTS_NOT_HELD" 403, 403 "ForbiddenError";
    /// The member holds permissions that the caller does not.
    MemberHoldsMore "MEMBER_HOLDS_MORE" 403, 403 "ForbiddenError";
    /// The caller acts with this role, and may not change it.
    OwnRole "OWN_ROLE" 403, 403 "ForbiddenError";
    /// The permissions are the caller's own.
    OwnPermissions "OWN_PERMISSIONS" 403, 403 "ForbiddenError";
    /// The membership is the caller's own: nobody gives themselves a role, or takes themselves out.
    OwnMembership "OWN_MEMBERSHIP" 403, 403 "ForbiddenError";
    /// The person has not come to the tenant, which may not change the profile.
    ProfileOfGuest "PROFILE_OF_GUEST" 403, 403 "ForbiddenError";
    /// What a person logs in with, and the person's home, are not the caller's to change.
    LoginOfAnother "LOGIN_OF_ANOTHER" 403, 403 "ForbiddenError";
    /// The row belongs to another member.
    RowOfAnother "ROW_OF_ANOTHER" 403, 403 "ForbiddenError";
    /// A change cannot delete: that has an operation and a permission of its own.
    DeletedByChange "DELETED_BY_CHANGE" 403, 403 "ForbiddenError";
    /// The tenant that the request acts on is not active.
    TenantNotActive "TENANT_NOT_ACTIVE" 403, 403 "ForbiddenError" "TENANT_NOT_ACTIVE";
    /// Only a caller who reaches every tenant may do it.
    MasterNeeded "MASTER_NEEDED" 403, 403 "ForbiddenError" "MASTER_NEEDED";
    /// What the path names does not exist within the caller's reach.
    OutOfReach "OUT_OF_REACH" 404, 403 "ForbiddenError";
    /// The member that the body names is not of the tenant.
    NotOfTenant "NOT_OF_TENANT" 422, 403 "ForbiddenError";
    /// The user is not in the group.
    NotInGroup "NOT_IN_GROUP" 404, 403 "ForbiddenError";
    /// The tenant that the body names is another than the one the request acts on.
    TenantMismatch "TENANT_MISMATCH" 422, 403 "ForbiddenError";
    /// No route has this method and path.
    UnknownRoute "UNKNOWN_ROUTE" 404, 404 "NotFoundError";
    /// A row does not exist, or lies in another tenant.
    NotFound "NOT_FOUND" 404, 404 "NotFoundError";
    /// Something that the body refers to does not exist, or lies in another tenant.
    RelatedNotFound "RELATED_NOT_FOUND" 422, 404 "NotFoundError";
    /// The query string has a parameter that the operation does not know.
    UnknownParameter "UNKNOWN_PARAMETER" 400, 400 "BadRequestError" "UNKNOWN_PARAMETER";
    /// A query parameter is not valid.
    InvalidParameter "INVALID_PARAMETER_VALUE" 400, 400 "BadRequestError" "INVALID_PARAMETER_VALUE";
    /// A clause of the filter is not valid.
    InvalidFilter "INVALID_FILTER" 400, 400 "Error";
    /// The filter includes what cannot be included.
    InvalidInclusion "INVALID_INCLUSION_FILTER" 400, 400 "Error" "INVALID_INCLUSION_FILTER";
    /// The filter has an operator that begins with a dollar sign.
    OperatorNotAllowed "OPERATOR_NOT_ALLOWED_IN_QUERY" 400, 400 "Error" "OPERATOR_NOT_ALLOWED_IN_QUERY";
    /// The filter is nested too deeply.
    FilterTooDeep "QUERY_OBJECT_TOO_DEEP" 400, 400 "Error" "QUERY_OBJECT_TOO_DEEP";
    /// The answer would have more rows than one may hold, or the condition selects more than one change may be of.
    TooManyRows "TOO_MANY_ROWS" 400, 400 "BadRequestError" "TOO_MANY_ROWS";
    /// The answer would take more bytes than one may.
    AnswerTooLarge "ANSWER_TOO_LARGE" 400, 400 "BadRequestError" "ANSWER_TOO_LARGE";
    /// The operation changes nothing without a `where`.
    WhereRequired "WHERE_REQUIRED" 400, 400 "BadRequestError" "MISSING_REQUIRED_PARAMETER";
    /// The operation needs a body.
    BodyRequired "BODY_REQUIRED" 400, 400 "BadRequestError" "MISSING_REQUIRED_PARAMETER";
    /// The request is no message of HTTP that has only one reading.
    InvalidMessage "INVALID_MESSAGE" 400, 400 "BadRequestError";
    /// The body is in a transfer coding that is not known.
    UnknownTransferCoding "UNKNOWN_TRANSFER_CODING" 501, 501 "NotImplementedError";
    /// The body is no JSON, or did not come whole.
    MalformedJson "MALFORMED_JSON" 400, 400 "SyntaxError";
    /// The body has a key that no object may have.
    ProhibitedKey "PROHIBITED_KEY" 400, 400 "Error";
    /// The body, or a property of it, breaks a rule; the answer lists which.
    ValidationFailed "VALIDATION_FAILED" 422, 422 "UnprocessableEntityError" "VALIDATION_FAILED";
    /// The text is no e-mail address.
    InvalidEmail "INVALID_EMAIL" 422, 400 "BadRequestError";
    /// The id in the body is another than that of the path.
    IdMismatch "ID_MISMATCH" 422, 400 "Error";
    /// The body has another media type than the operation takes.
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415, 415 "UnsupportedMediaTypeError" "UNSUPPORTED_MEDIA_TYPE";
    /// The body is in a character set or a content encoding that is not known.
    UnsupportedEncoding "UNSUPPORTED_ENCODING" 415, 415 "UnsupportedMediaTypeError";
    /// The body is longer than it may be.
    PayloadTooLarge "PAYLOAD_TOO_LARGE" 413, 413 "PayloadTooLargeError";
    /// The password breaks rules of the policy; the answer lists all of them.
    PasswordPolicy "PASSWORD_POLICY" 422, 422 "UnprocessableEntityError" "PASSWORD_POLICY";
    /// The name or the password is wrong.
    WrongCredentials "WRONG_CREDENTIALS" 403, 403 "ForbiddenError" "WRONG_CREDENTIALS";
    /// Somebody else than this service checks the person's password.
    LoginElsewhere "LOGIN_ELSEWHERE" 409, 409 "ConflictError" "LOGIN_ELSEWHERE";
    /// So many passwords were wrong that no more are looked at for a while; `Retry-After` says for how long.
    TooManyAttempts "TOO_MANY_ATTEMPTS" 429, 429 "TooManyRequestsError" "TOO_MANY_ATTEMPTS";
    /// No reset of a password has this token.
    ResetUnknown "RESET_UNKNOWN" 404, 404 "NotFoundError" "RESET_UNKNOWN";
    /// The reset of a password was not used in time.
    ResetExpired "RESET_EXPIRED" 410, 410 "GoneError" "RESET_EXPIRED";
    /// The reset of a password was used, or the password was changed since.
    ResetUsed "RESET_USED" 410, 410 "GoneError" "RESET_USED";
    /// Members have the role, or groups carry it.
    RoleInUse "ROLE_IN_USE" 409, 409 "ConflictError";
    /// A group would hold itself; the answer names the groups between.
    GroupCycle "GROUP_CYCLE" 422, 422 "UnprocessableEntityError" "GROUP_CYCLE";
    /// More groups would hold each other than may; the answer names them.
    GroupsTooDeep "GROUPS_TOO_DEEP" 422, 422 "UnprocessableEntityError" "GROUPS_TOO_DEEP";
    /// Nobody would be left who can let others into the tenant.
    LastAdministrator "LAST_ADMINISTRATOR" 409, 409 "ConflictError";
    /// The status does not lead to the one that was asked for; the answer names those to which it leads.
    NoTransition "NO_TRANSITION" 409, 409 "ConflictError" "NO_TRANSITION";
    /// The tenant was archived longer ago than it is kept.
    RetentionOver "RETENTION_OVER" 409, 409 "ConflictError" "RETENTION_OVER";
    /// There are as many of them already as there may be.
    QuotaExceeded "QUOTA_EXCEEDED" 409, 409 "ConflictError" "QUOTA_EXCEEDED";
    /// Another row has what only one may have; the answer names the properties.
    Taken "TAKEN" 409, 409 "ConflictError";
    /// The username or the e-mail address leads to somebody else.
    LoginTaken "LOGIN_TAKEN" 409, 409 "ConflictError";
    /// The person has not accepted the membership that they are to log in to, or it is suspended or rejected.
    MembershipNotActive "MEMBERSHIP_NOT_ACTIVE" 409, 409 "ConflictError" "MEMBERSHIP_NOT_ACTIVE";
    /// A role of this name exists, and grants less than it is to grant.
    RoleGrantsLess "ROLE_GRANTS_LESS" 409, 409 "ConflictError";
    /// The body names a role template that there is not, or that is retired.
    UnknownTemplate "UNKNOWN_TEMPLATE" 422, 422 "UnprocessableEntityError" "UNKNOWN_TEMPLATE";
    /// The role template has another newest version than the request expects.
    TemplateChanged "TEMPLATE_CHANGED" 409, 409 "ConflictError" "TEMPLATE_CHANGED";
    /// The secret in the path leads to no invitation.
    InvitationUnknown "INVITATION_UNKNOWN" 404, 404 "NotFoundError" "INVITATION_UNKNOWN";
    /// The time of the invitation has passed, or its tenant is not open.
    InvitationExpired "INVITATION_EXPIRED" 410, 410 "GoneError" "INVITATION_EXPIRED";
    /// The invitation was accepted already.
    InvitationUsed "INVITATION_USED" 410, 410 "GoneError" "INVITATION_USED";
    /// The invitation was declined.
    InvitationDeclined "INVITATION_DECLINED" 410, 410 "GoneError" "INVITATION_DECLINED";
    /// The invitation was revoked.
    InvitationRevoked "INVITATION_REVOKED" 410, 410 "GoneError" "INVITATION_REVOKED";
    /// Whoever invited may not give any more what the invitation promises.
    InvitationWithdrawn "INVITATION_WITHDRAWN" 410, 410 "GoneError" "INVITATION_WITHDRAWN";
    /// The role or a group of the invitation is not there any more.
    InvitationOutdated "INVITATION_OUTDATED" 410, 410 "GoneError" "INVITATION_OUTDATED";
    /// The address is of a member of the tenant.
    AlreadyMember "ALREADY_MEMBER" 409, 409 "ConflictError" "ALREADY_MEMBER";
    /// The address is invited into the tenant already.
    AlreadyInvited "ALREADY_INVITED" 409, 409 "ConflictError" "ALREADY_INVITED";
    /// Whoever comes is known already, and their password is not an invitation's to set.
    PersonKnown "PERSON_KNOWN" 409, 409 "ConflictError" "PERSON_KNOWN";
    /// An invitation is accepted by the mail, and the person who has the address has not shown that it is theirs.
    PersonUnproven "PERSON_UNPROVEN" 409, 409 "ConflictError" "PERSON_UNPROVEN";
    /// Whoever comes has not shown that they read what the address is sent, and cannot choose a password.
    AddressNotProven "ADDRESS_NOT_PROVEN" 403, 403 "ForbiddenError" "ADDRESS_NOT_PROVEN";
    /// A list of the body is longer than one request may have.
    TooManyItems "TOO_MANY_ITEMS" 413, 413 "PayloadTooLargeError" "TOO_MANY_ITEMS";
    /// The body names a permission that the service does not know, neither of its own nor of the application.
    UnknownPermission "UNKNOWN_PERMISSION" 422, 422 "UnprocessableEntityError" "UNKNOWN_PERMISSION";
    /// The write breaks a unique constraint that the service does not know.
    NotUnique "NOT_UNIQUE" 409, 409 "ConflictError";
    /// The header `Idempotency-Key` is empty, longer than 255 characters, or no string.
    InvalidIdempotencyKey "INVALID_IDEMPOTENCY_KEY" 400, 400 "BadRequestError";
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" 422, 422 "UnprocessableEntityError";
    /// A request with this `Idempotency-Key` is being carried out; ask again for its answer.
    IdempotencyKeyAtWork "IDEMPOTENCY_KEY_AT_WORK" 409, 409 "ConflictError";
    /// Other rows refer to the row.
    StillReferenced "STILL_REFERENCED" 409, 409 "ConflictError";
    /// The database, the keys of tokens or the list of revoked ones cannot be reached, or too many requests are at work; try again.
    Unavailable "UNAVAILABLE" 503, 503 "";
    /// The request, or a statement of it, took longer than it may; ask for less at once, or try again later.
    TookTooLong "TOOK_TOO_LONG" 503, 503 "" "TOOK_TOO_LONG";
    /// A mail was not taken by the mail server, and is tried again; a job says so, no request does.
    MailNotSent "MAIL_NOT_SENT" 503, 503 "" "MAIL_NOT_SENT";
    /// A defect of the service; the log has the cause.
    Internal "INTERNAL" 500, 500 "";
}

impl ErrorCode {
    /// The code itself: `PERMISSION_NOT_HELD`.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// What it means, in a sentence.
    pub const fn meaning(self) -> &'static str {
        self.row().meaning
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::ErrorCode;

    #[test]
    fn codes_are_words_and_none_is_there_twice() {
        let names: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            let is_word = code.as_str().bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            assert!(is_word && code.meaning().ends_with('.'), "{code:?}");
            let row = code.row();
            assert!((400..600).contains(&row.status) && (400..600).contains(&row.loopback.status), "{code:?}");
            assert!(
                row.loopback.code.is_none_or(|theirs| theirs == row.name || theirs.starts_with("MISSING_")),
                "{code:?}"
            );
        }
    }
}
