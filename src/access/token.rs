//! What a bearer token must be: where it stands in the request, which standard claims it needs, how it is refused and signed.

use std::error::Error;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::model::Inactive;

/// The longest token that is looked at, in bytes.
pub(crate) const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A failure of whatever keeps the keys, for the log only.
pub(crate) type SourceError = Box<dyn Error + Send + Sync>;

/// Why a request has no caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// No bearer token: 401, message `Bearer realm="Users"`.
    #[error("no bearer token")]
    Missing,
    /// The `Authorization` header is not a scheme and a token: 401, message the number 400.
    #[error("malformed Authorization header")]
    Malformed,
    /// The token does not verify: 401 `TokenExpired`, whatever the reason.
    #[error("invalid token: {}", .0.as_str())]
    Invalid(InvalidReason),
    /// The password has expired: 401 `PasswordExpiryError`.
    #[error("password expired")]
    PasswordExpired,
    /// The token names no active caller: 401 `TokenExpired` with a code that says why.
    #[error("caller not active")]
    NotActive(Inactive),
    /// The token was ended before its time: 401 `TokenRevoked`.
    #[error("token revoked")]
    Revoked,
    /// The keys cannot be reached: 503.
    #[error("the token keys cannot be reached")]
    Unavailable(#[source] SourceError),
    /// Whether the token was revoked cannot be found out: 503.
    #[error("the revoked tokens cannot be asked for")]
    RevocationsUnavailable(#[source] SourceError),
}

impl TokenError {
    /// A short stable name for metrics and logs.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed_header",
            Self::Invalid(reason) => reason.as_str(),
            Self::PasswordExpired => "password_expired",
            Self::NotActive(why) => match why {
                Inactive::Unknown => "caller_not_active",
                Inactive::UserDeactivated => "user_deactivated",
                Inactive::TenantPending => "tenant_pending",
                Inactive::TenantSuspended => "tenant_suspended",
                Inactive::TenantArchived => "tenant_archived",
                Inactive::MembershipRegistered => "membership_registered",
                Inactive::MembershipSuspended => "membership_suspended",
                Inactive::MembershipRejected => "membership_rejected",
            },
            Self::Revoked => "revoked",
            Self::Unavailable(_) => "keys_unavailable",
            Self::RevocationsUnavailable(_) => "revocations_unavailable",
        }
    }
}

/// Why a token does not verify. Told to operators, never to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidReason {
    /// Not three parts of base64url with JSON in the first two.
    Malformed,
    /// The algorithm is not the one of the key.
    Algorithm,
    /// A header parameter that must be understood is not (`crit`, RFC 7515 §4.1.11).
    Critical,
    /// Keys have ids, and the token names none; there is not one key alone.
    KeyIdMissing,
    /// No key has the token's key id.
    KeyUnknown,
    /// The signature is not the key's.
    Signature,
    /// `exp` is missing, or no number that a time can be.
    ExpiryMissing,
    /// `exp` has passed.
    Expired,
    /// `nbf` is still to come, or no number.
    NotYetValid,
    /// `iss` is not the configured issuer.
    Issuer,
    /// `aud` does not hold the configured audience.
    Audience,
}

impl InvalidReason {
    /// A short stable name for metrics and logs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_token",
            Self::Algorithm => "algorithm",
            Self::Critical => "critical_header",
            Self::KeyIdMissing => "key_id_missing",
            Self::KeyUnknown => "key_unknown",
            Self::Signature => "signature",
            Self::ExpiryMissing => "expiry_missing",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
        }
    }
}

impl From<InvalidReason> for TokenError {
    fn from(reason: InvalidReason) -> Self {
        Self::Invalid(reason)
    }
}

/// Takes the bearer token from the `Authorization` header.
///
/// The header must be exactly a scheme, one space and a token; the scheme `Bearer` in any case. Another scheme is as
/// good as no header.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, TokenError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(TokenError::Missing);
    };
    if values.next().is_some() {
        return Err(TokenError::Malformed);
    }
    let text = value.to_str().map_err(|_| TokenError::Malformed)?.trim_matches([' ', '\t']);
    if text.is_empty() {
        return Err(TokenError::Missing);
    }
    match text.split_once(' ') {
        Some((_, token)) if token.contains(' ') => Err(TokenError::Malformed),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => Ok(token),
        Some(_) => Err(TokenError::Missing),
        None => Err(TokenError::Malformed),
    }
}

/// What the registered claims (RFC 7519 §4.1) of a token must say.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClaimRules {
    /// What `iss` must equal; `None` leaves it unchecked.
    pub(crate) issuer: Option<String>,
    /// What `aud` must be or hold; `None` leaves it unchecked.
    pub(crate) audience: Option<String>,
    /// Tolerance for clocks that differ, applied to `exp` and `nbf`.
    pub(crate) leeway: Duration,
}

/// The last second that a time can be, as JavaScript counts them: what is beyond is no time.
const LAST_SECOND: f64 = 8.64e12;

impl ClaimRules {
    /// Checks `exp`, `nbf`, `iss` and `aud`, and returns the time at which the token ends, leeway included, in seconds
    /// since 1970.
    pub(crate) fn check(&self, claims: &Value, now: OffsetDateTime) -> Result<f64, InvalidReason> {
        let now = seconds(now);
        let leeway = self.leeway.as_secs_f64();
        let expiry = claims.get("exp").and_then(Value::as_f64).filter(|expiry| expiry.abs() <= LAST_SECOND);
        let expiry = expiry.ok_or(InvalidReason::ExpiryMissing)? + leeway;
        if now >= expiry {
            return Err(InvalidReason::Expired);
        }
        if let Some(not_before) = claims.get("nbf")
            && not_before.as_f64().is_none_or(|not_before| not_before - leeway > now)
        {
            return Err(InvalidReason::NotYetValid);
        }
        let issuer = claims.get("iss").and_then(Value::as_str);
        if self.issuer.is_some() && self.issuer.as_deref() != issuer {
            return Err(InvalidReason::Issuer);
        }
        if let Some(audience) = &self.audience
            && !holds(claims.get("aud"), audience)
        {
            return Err(InvalidReason::Audience);
        }
        Ok(expiry)
    }
}

fn holds(claim: Option<&Value>, audience: &str) -> bool {
    match claim {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    }
}

/// Seconds since 1970, as the claims count them.
pub(crate) fn seconds(time: OffsetDateTime) -> f64 {
    (time - OffsetDateTime::UNIX_EPOCH).as_seconds_f64()
}

/// Signs `claims` with HS256 as a token that lives for `life` from `now` on.
///
/// `iat`, `exp` and, where given, `iss` are set here and win over those in `claims`.
pub(crate) fn sign(
    mut claims: Map<String, Value>,
    secret: &str,
    issuer: Option<&str>,
    now: OffsetDateTime,
    life: Duration,
) -> Result<String, jsonwebtoken::errors::Error> {
    let start = now.unix_timestamp();
    let life = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
    claims.insert("iat".into(), start.into());
    claims.insert("exp".into(), start.saturating_add(life).into());
    if let Some(issuer) = issuer {
        claims.insert("iss".into(), issuer.into());
    }
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::header::AUTHORIZATION;
    use axum::http::{HeaderMap, HeaderValue};
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::{ClaimRules, InvalidReason, TokenError, bearer};

    fn outcome(values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        match bearer(&headers) {
            Ok(token) => format!("token {token}"),
            Err(error) => error.reason().to_owned(),
        }
    }

    #[test]
    fn the_header_is_a_scheme_a_space_and_a_token() {
        for (values, expected) in [
            (&["Bearer a.b.c"][..], "token a.b.c"),
            (&["bearer a.b.c"], "token a.b.c"),
            (&["BEARER a.b.c "], "token a.b.c"),
            (&[], "missing"),
            (&[""], "missing"),
            (&["Basic dXNlcjpwYXNz"], "missing"),
            (&["Bearer"], "malformed_header"),
            (&["Bearer "], "malformed_header"),
            (&["a.b.c"], "malformed_header"),
            (&["Bearer  a.b.c"], "malformed_header"),
            (&["Bearer a.b.c d"], "malformed_header"),
            (&["Basic a b"], "malformed_header"),
            (&["Bearer é"], "malformed_header"),
            (&["Bearer a.b.c", "Bearer a.b.c"], "malformed_header"),
        ] {
            assert_eq!(outcome(values), expected, "{values:?}");
        }
    }

    const NOW: time::OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn rules() -> ClaimRules {
        ClaimRules { issuer: Some("us".into()), audience: Some("api".into()), leeway: Duration::ZERO }
    }

    fn check(rules: &ClaimRules, claims: &Value) -> Option<InvalidReason> {
        rules.check(claims, NOW).err()
    }

    #[test]
    fn registered_claims_are_checked() {
        let now = NOW.unix_timestamp();
        let good = json!({"exp": now + 1, "nbf": now, "iss": "us", "aud": ["other", "api"]});
        assert_eq!(check(&rules(), &good), None);
        // Who counts milliseconds has a token for long, as ever.
        assert_eq!(check(&rules(), &json!({"exp": now * 1_000, "iss": "us", "aud": "api"})), None);
        for (claim, value, reason) in [
            ("exp", json!(now), InvalidReason::Expired),
            ("exp", json!((now + 60).to_string()), InvalidReason::ExpiryMissing),
            ("exp", json!(null), InvalidReason::ExpiryMissing),
            ("exp", json!(1e300), InvalidReason::ExpiryMissing),
            ("exp", json!(8_640_000_000_001_i64), InvalidReason::ExpiryMissing),
            ("nbf", json!(now + 1), InvalidReason::NotYetValid),
            ("nbf", json!("0"), InvalidReason::NotYetValid),
            ("iss", json!("them"), InvalidReason::Issuer),
            ("iss", json!(["us"]), InvalidReason::Issuer),
            ("iss", json!(null), InvalidReason::Issuer),
            ("aud", json!("other"), InvalidReason::Audience),
            ("aud", json!([]), InvalidReason::Audience),
            ("aud", json!(null), InvalidReason::Audience),
        ] {
            let mut claims = good.clone();
            claims[claim] = value.clone();
            assert_eq!(check(&rules(), &claims), Some(reason), "{claim}: {value}");
        }
    }

    #[test]
    fn leeway_stretches_both_ends() {
        let now = NOW.unix_timestamp();
        let rules = ClaimRules { leeway: Duration::from_secs(10), ..ClaimRules::default() };
        assert_eq!(check(&rules, &json!({"exp": now - 9, "nbf": now + 10})), None);
        assert_eq!(check(&rules, &json!({"exp": now - 10})), Some(InvalidReason::Expired));
        assert_eq!(check(&rules, &json!({"exp": now + 9, "nbf": now + 11})), Some(InvalidReason::NotYetValid));
    }

    #[test]
    fn every_failure_has_its_own_name_for_metrics() {
        let unavailable = TokenError::Unavailable("down".into());
        assert_eq!(unavailable.reason(), "keys_unavailable");
        assert_eq!(TokenError::from(InvalidReason::Issuer).reason(), "issuer");
        assert_eq!(TokenError::from(InvalidReason::Issuer).to_string(), "invalid token: issuer");
    }
}
