//! Who is calling: the fields that the service needs, read from the claims of a verified token wherever the issuer put them.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::{Iso8601, Rfc2822};
use time::format_description::{BorrowedFormatItem, FormatItem};
use time::macros::format_description;
use time::{Date, PrimitiveDateTime};
use uuid::Uuid;

use super::token::TokenError;
use crate::model::Inactive;
use crate::model::permission::EVERYBODY;

/// The value of the tenant type claim that lets a caller reach every tenant.
pub(crate) const MASTER: &str = "master";

/// Which claim holds each of our fields: a claim's name, or a JSON pointer (RFC 6901) when it starts with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimMap {
    /// Id of the user.
    pub(crate) id: String,
    /// Id of the user's membership of the tenant.
    pub(crate) user_tenant_id: String,
    /// Id of the tenant.
    pub(crate) tenant_id: String,
    /// Type of the tenant; [`MASTER`] reaches every tenant.
    pub(crate) tenant_type: String,
    /// Array of the permissions that the token grants.
    pub(crate) permissions: String,
    /// Time from which the user's password must be changed.
    pub(crate) password_expiry: String,
}

impl Default for ClaimMap {
    fn default() -> Self {
        Self {
            id: "id".into(),
            user_tenant_id: "userTenantId".into(),
            tenant_id: "tenantId".into(),
            tenant_type: "tenantType".into(),
            permissions: "permissions".into(),
            password_expiry: "passwordExpiryTime".into(),
        }
    }
}

/// The caller that a verified token names. Whether it is active is a question for the database.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Id of the user.
    pub(crate) id: Uuid,
    /// Id of the user's membership of the tenant.
    pub(crate) user_tenant_id: Uuid,
    /// Id of the tenant.
    pub(crate) tenant_id: Uuid,
    /// Whether the caller reaches every tenant.
    pub(crate) master: bool,
    /// Permissions by name or number, as the claim has them, or as the database grants them.
    pub(crate) permissions: Arc<HashSet<String>>,
    /// Sign-in name, where the token tells it.
    pub(crate) username: Option<String>,
    /// Every claim as it was signed.
    pub(crate) claims: Arc<Map<String, Value>>,
}

impl Caller {
    /// Who provisions tenants on signed callbacks: nobody with a token, in the name of `actor`.
    pub(crate) fn provisioner(actor: Uuid) -> Self {
        Self {
            id: actor,
            user_tenant_id: actor,
            tenant_id: Uuid::nil(),
            master: false,
            permissions: Arc::default(),
            username: None,
            claims: Arc::default(),
        }
    }

    /// Whoever has the database itself: nobody's member, who may do everything everywhere. `tenant` is meant where none is
    /// named; nil is none.
    #[cfg(feature = "cli")]
    pub(crate) fn operator(tenant: Uuid, permissions: impl IntoIterator<Item = String>) -> Self {
        let permissions = Arc::new(permissions.into_iter().collect());
        Self { tenant_id: tenant, master: true, permissions, ..Self::provisioner(Uuid::nil()) }
    }

    /// Whether rows of this tenant are in the caller's reach.
    pub(crate) fn reaches(&self, tenant: Uuid) -> bool {
        self.master || tenant == self.tenant_id
    }

    /// Whether the token grants at least one of `permissions`, compared letter by letter. What is everybody's needs none.
    pub(crate) fn may(&self, permissions: &[&str]) -> bool {
        permissions == [EVERYBODY] || permissions.iter().any(|permission| self.permissions.contains(*permission))
    }
}

impl ClaimMap {
    /// Reads the caller from the claims of a verified token.
    ///
    /// A missing or malformed id is [`TokenError::NotActive`]: no row can match it. A permissions claim that is not an
    /// array grants nothing, nor do elements that are not strings.
    pub(crate) fn caller(&self, claims: &Value) -> Result<Caller, TokenError> {
        let id = |claim: &str| {
            let text = find(claims, claim).and_then(Value::as_str);
            text.and_then(|text| Uuid::try_parse(text).ok()).ok_or(TokenError::NotActive(Inactive::Unknown))
        };
        let permissions = find(claims, &self.permissions).and_then(Value::as_array);
        Ok(Caller {
            id: id(&self.id)?,
            user_tenant_id: id(&self.user_tenant_id)?,
            tenant_id: id(&self.tenant_id)?,
            master: find(claims, &self.tenant_type).and_then(Value::as_str) == Some(MASTER),
            permissions: Arc::new(
                permissions.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            ),
            username: find(claims, "username").and_then(Value::as_str).map(str::to_owned),
            claims: Arc::new(claims.as_object().cloned().unwrap_or_default()),
        })
    }

    /// The time from which the password must be changed; `None` where the token sets none.
    ///
    /// A value that is no date counts as long past: a token is not to escape the check by a typing error.
    pub(crate) fn password_expiry(&self, claims: &Value) -> Option<OffsetDateTime> {
        let long_past = OffsetDateTime::UNIX_EPOCH;
        match find(claims, &self.password_expiry)? {
            Value::Null | Value::Bool(false) => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(parse_date(text).unwrap_or(long_past)),
            Value::Number(number) if number.as_f64() == Some(0.0) => None,
            Value::Number(number) => {
                let milliseconds = number.as_i64().map(i128::from).unwrap_or_default();
                OffsetDateTime::from_unix_timestamp_nanos(milliseconds * 1_000_000).ok().or(Some(long_past))
            }
            _ => Some(long_past),
        }
    }

    /// Puts our fields where this map will find them again, for tokens that the service signs itself.
    pub(crate) fn write(&self, caller: &Caller) -> Map<String, Value> {
        let mut claims = Value::Object(Map::clone(&caller.claims));
        let mut permissions: Vec<&String> = caller.permissions.iter().collect();
        permissions.sort();
        put(&mut claims, &self.id, caller.id.to_string().into());
        put(&mut claims, &self.user_tenant_id, caller.user_tenant_id.to_string().into());
        put(&mut claims, &self.tenant_id, caller.tenant_id.to_string().into());
        put(&mut claims, &self.permissions, permissions.into_iter().cloned().collect::<Vec<_>>().into());
        if caller.master {
            put(&mut claims, &self.tenant_type, MASTER.into());
        }
        if let Some(username) = &caller.username {
            put(&mut claims, "username", username.as_str().into());
        }
        match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }
}

fn find<'a>(claims: &'a Value, claim: &str) -> Option<&'a Value> {
    if claim.starts_with('/') { claims.pointer(claim) } else { claims.get(claim) }
}

/// Sets a claim, making the objects on the way to a nested one. What already stands there in another shape gives way.
fn put(claims: &mut Value, claim: &str, value: Value) {
    let steps: Vec<String> = match claim.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
        None => vec![claim.to_owned()],
    };
    let mut place = claims;
    for step in steps {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[step];
    }
    *place = value;
}

/// Date-times as issuers write them, beside ISO 8601 and RFC 2822: those without a zone are taken for UTC.
const DATE_TIMES: &[&[BorrowedFormatItem<'_>]] = &[
    format_description!(
        "[year]-[month]-[day][optional [T]][optional [ ]][hour]:[minute]:[second][optional [.[subsecond]]]"
    ),
    format_description!("[year]-[month]-[day] [hour]:[minute]"),
    format_description!("[year]/[month]/[day] [hour]:[minute]:[second]"),
];

/// As [`DATE_TIMES`], with an offset.
const OFFSET_DATE_TIMES: &[&[FormatItem<'_>]] = &[
    format_description!(
        "[weekday repr:short] [month repr:short] [day] [year] [hour]:[minute]:[second] GMT[offset_hour sign:mandatory][offset_minute]"
    ),
    format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second][optional [.[subsecond]]][offset_hour sign:mandatory][optional [:[offset_minute]]]"
    ),
];

/// Days without a time of day: midnight UTC.
const DATES: &[&[BorrowedFormatItem<'_>]] = &[
    format_description!("[year]-[month]-[day]"),
    format_description!("[year]/[month]/[day]"),
    format_description!("[month]/[day]/[year]"),
    format_description!("[month repr:short] [day padding:none], [year]"),
    format_description!("[month repr:long] [day padding:none], [year]"),
    format_description!("[day padding:none] [month repr:short] [year]"),
    format_description!("[day padding:none] [month repr:long] [year]"),
];

fn parse_date(text: &str) -> Option<OffsetDateTime> {
    // JavaScript's own form of a date ends in the name of the zone, in brackets.
    let text = text.split(" (").next().unwrap_or(text).trim();
    OffsetDateTime::parse(text, &Iso8601::PARSING)
        .or_else(|_| OffsetDateTime::parse(text, &Rfc2822))
        .ok()
        .or_else(|| OFFSET_DATE_TIMES.iter().find_map(|form| OffsetDateTime::parse(text, form).ok()))
        .or_else(|| {
            let without_zone = PrimitiveDateTime::parse(text, &Iso8601::PARSING).ok();
            let other = || DATE_TIMES.iter().find_map(|form| PrimitiveDateTime::parse(text, form).ok());
            without_zone.or_else(other).map(PrimitiveDateTime::assume_utc)
        })
        .or_else(|| {
            let date = DATES.iter().find_map(|form| Date::parse(text, form).ok());
            date.map(|date| date.midnight().assume_utc())
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::ClaimMap;
    use crate::access::token::TokenError;

    const USER: &str = "a0000000-0000-4000-8000-000000000021";
    const MEMBERSHIP: &str = "a0000000-0000-4000-8000-000000000031";
    const TENANT: &str = "a0000000-0000-4000-8000-000000000001";

    fn claims() -> Value {
        json!({"id": USER, "userTenantId": MEMBERSHIP, "tenantId": TENANT, "username": "alice", "permissions": ["ViewTenant", "18"]})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    #[test]
    fn reads_the_fields_of_a_caller() {
        let caller = ClaimMap::default().caller(&claims()).unwrap();
        assert_eq!(caller.id.to_string(), USER);
        assert_eq!(caller.user_tenant_id.to_string(), MEMBERSHIP);
        assert_eq!(caller.tenant_id.to_string(), TENANT);
        assert_eq!(caller.username.as_deref(), Some("alice"));
        assert!(!caller.master);
        assert!(caller.may(&["CreateTenant", "ViewTenant"]));
        assert!(caller.may(&["18"]));
        assert!(!caller.may(&["viewtenant"]));
        assert!(!caller.may(&[]));
        assert_eq!(Value::Object((*caller.claims).clone()), claims());
    }

    #[test]
    fn only_the_exact_tenant_type_is_master() {
        let master = |value: Value| ClaimMap::default().caller(&with("tenantType", value)).unwrap().master;
        assert!(master(json!("master")));
        for other in [json!("Master"), json!(["master"]), json!(true), json!(null), json!("")] {
            assert!(!master(other.clone()), "{other}");
        }
    }

    #[test]
    fn ids_that_no_row_can_have_are_not_live() {
        for name in ["id", "userTenantId", "tenantId"] {
            for value in [json!("not-a-uuid"), json!(null), json!(7), json!(""), json!([USER])] {
                let error = ClaimMap::default().caller(&with(name, value.clone())).unwrap_err();
                assert!(matches!(error, TokenError::NotActive(_)), "{name}: {value}");
            }
        }
    }

    #[test]
    fn permissions_that_are_no_array_of_strings_grant_nothing() {
        for value in [json!("ViewTenant"), json!({"ViewTenant": true}), json!(null), json!([17, null, ["ViewTenant"]])]
        {
            let caller = ClaimMap::default().caller(&with("permissions", value.clone())).unwrap();
            assert!(caller.permissions.is_empty(), "{value}");
        }
    }

    #[test]
    fn nested_claims_are_found_by_pointer_and_written_back() {
        let map = ClaimMap {
            id: "sub".into(),
            tenant_id: "/tenant/id".into(),
            tenant_type: "/tenant/type".into(),
            permissions: "/realm_access/a~1b".into(),
            user_tenant_id: "https://example.com/membership".into(),
            ..ClaimMap::default()
        };
        let claims = json!({
            "sub": USER, "tenant": {"id": TENANT, "type": "master"}, "https://example.com/membership": MEMBERSHIP,
            "realm_access": {"a/b": ["ViewTenant"]},
        });
        let mut caller = map.caller(&claims).unwrap();
        assert!(caller.master && caller.may(&["ViewTenant"]));
        assert_eq!(caller.tenant_id.to_string(), TENANT);
        caller.claims = std::sync::Arc::default();
        assert_eq!(Value::Object(map.write(&caller)), claims);
    }

    #[test]
    fn password_expiry_is_read_in_any_usual_form() {
        let expiry = |value: Value| ClaimMap::default().password_expiry(&with("passwordExpiryTime", value));
        let new_year = datetime!(2020-01-01 00:00 UTC);
        for text in [
            "2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00.000Z",
            "2020-01-01T01:00:00+01:00",
            "2020-01-01T00:00:00",
            "2020-01-01 00:00:00",
            "2020-01-01 00:00:00+00",
            "2020-01-01",
            "2020/01/01",
            "01/01/2020",
            "Jan 1, 2020",
            "1 January 2020",
            "Wed, 01 Jan 2020 00:00:00 GMT",
            "Wed Jan 01 2020 00:00:00 GMT+0000 (Coordinated Universal Time)",
        ] {
            assert_eq!(expiry(json!(text)), Some(new_year), "{text}");
        }
        assert_eq!(expiry(json!(1_577_836_800_000_u64)), Some(new_year));
    }

    #[test]
    fn an_absent_password_expiry_never_comes_and_an_unreadable_one_has_passed() {
        let expiry = |value: Value| ClaimMap::default().password_expiry(&with("passwordExpiryTime", value));
        assert_eq!(ClaimMap::default().password_expiry(&claims()), None);
        for unset in [json!(null), json!(""), json!(0), json!(false)] {
            assert_eq!(expiry(unset.clone()), None, "{unset}");
        }
        for unreadable in [json!("soon"), json!({}), json!(["2100-01-01"]), json!(true), json!(1e300)] {
            assert_eq!(expiry(unreadable.clone()), Some(datetime!(1970-01-01 00:00 UTC)), "{unreadable}");
        }
    }
}
