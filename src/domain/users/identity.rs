//! Usernames and e-mail addresses: how they are written, and which tenant may change them.

use std::str::FromStr as _;

use email_address::{EmailAddress, Options};
use serde_json::json;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::User;

/// An e-mail address in the form in which it is stored and compared.
pub(crate) fn email(text: &str) -> Result<String> {
    let address = text.trim().to_lowercase();
    let options = Options::default().with_required_tld().without_display_text();
    match EmailAddress::parse_with_options(&address, options) {
        Ok(_) => Ok(address),
        Err(_) => Err(Error::InvalidEmail),
    }
}

/// A username in the form in which it is stored and compared.
pub(super) fn username(text: &str) -> Result<String> {
    let name = text.trim().to_lowercase();
    if name.is_empty() {
        return Err(Error::InvalidBody(Box::new(json!([{
            "path": "/username",
            "code": "minLength",
            "message": "must NOT have fewer than 1 characters",
            "info": { "limit": 1 },
        }]))));
    }
    Ok(name)
}

/// Changes of a person with names normalised, if the tenant may make them: only the person's home may
/// change by which names it is known everywhere, or make another tenant its home.
pub(super) fn normalise(
    session: &Session<TenantScope, Write>,
    user: &User,
    mut patch: Patch<User>,
) -> Result<Patch<User>> {
    let mut changes_identity = false;
    if let Some(Value::Text(name)) = patch.get("username") {
        let name = username(name)?;
        changes_identity |= name != user.username;
        patch = patch.with("username", name)?;
    }
    if let Some(Value::Text(address)) = patch.get("email") {
        let address = email(address)?;
        changes_identity |= Some(&address) != user.email.as_ref();
        patch = patch.with("email", address)?;
    }
    if let Some(default) = patch.get("defaultTenantId") {
        let default = default.to_key().map(|id| Uuid::from_str(&id)).transpose().ok().flatten();
        changes_identity |= default != user.default_tenant_id;
    }
    if changes_identity && user.default_tenant_id != Some(session.scope().0) {
        return Err(Error::Forbidden("NotAllowedAccess"));
    }
    Ok(patch)
}
