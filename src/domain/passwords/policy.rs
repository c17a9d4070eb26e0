//! What a tenant asks of passwords: its configuration `password-policy`, property by property, with a default for each.

use serde_json::Value as Json;
use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::{Mode, Session};
use uuid::Uuid;

use super::MOST_BYTES;
use crate::error::Result;
use crate::model::TenantConfig;

/// The key of a tenant's configuration that holds its policy.
pub(crate) const KEY: &str = "password-policy";
/// The fewest characters that a tenant may ask for (NIST SP 800-63B).
const LEAST: u64 = 8;
/// The most passwords from before that a tenant may rule out: each takes as long as a login.
const MOST_HISTORY: u64 = 10;
/// The most days that a password may last, which is a hundred years.
const MOST_DAYS: u64 = 36_500;

/// What a tenant asks of passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The fewest characters.
    pub(crate) min_length: usize,
    /// The most bytes.
    pub(crate) max_length: usize,
    /// How many passwords must not come again, of which the one that is counts as the first.
    pub(crate) history: usize,
    /// After how many days a password is to be changed.
    pub(crate) expiry_days: Option<u32>,
    /// Whether names and the address of the person are ruled out.
    pub(crate) forbids_names: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { min_length: 12, max_length: MOST_BYTES, history: 1, expiry_days: None, forbids_names: true }
    }
}

impl Policy {
    /// The policy of a tenant.
    pub(crate) async fn of<S, M>(session: &Session<S, M>, tenant: Uuid) -> Result<Self>
    where
        S: Scope + Sees<TenantConfig>,
        M: Mode,
    {
        let its = TenantConfig::CONFIG_KEY.is(KEY).and(Some(&TenantConfig::TENANT_ID.is(tenant)));
        let config = session.repository::<TenantConfig>().find_one(its).await?;
        let Some(config) = config else { return Ok(Self::default()) };
        let (policy, ignored) = Self::from_config(&config.config_value);
        if !ignored.is_empty() {
            tracing::warn!(%tenant, ?ignored, "the password policy has values that are none; the default counts");
        }
        Ok(policy)
    }

    /// The policy that a configuration says, and the properties whose values are none. Those that are not known are somebody
    /// else's: the key is older than this service.
    pub(crate) fn from_config(config: &Json) -> (Self, Vec<&'static str>) {
        let default = Self::default();
        let mut ignored = Vec::new();
        let mut number = |name: &'static str, least: u64, most: u64| match &config[name] {
            Json::Null => None,
            value => {
                let number = value.as_u64().filter(|number| (least..=most).contains(number));
                if number.is_none() {
                    ignored.push(name);
                }
                number
            }
        };
        let length = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok());
        let max_length = length(number("maxLength", LEAST, MOST_BYTES as u64)).unwrap_or(default.max_length);
        let min_length = length(number("minLength", LEAST, max_length as u64)).unwrap_or(default.min_length);
        let history = length(number("history", 0, MOST_HISTORY)).unwrap_or(default.history);
        let expiry_days = number("expiryDays", 1, MOST_DAYS).and_then(|days| u32::try_from(days).ok());
        let forbids_names = match &config["forbidNames"] {
            Json::Bool(forbids) => *forbids,
            Json::Null => default.forbids_names,
            _ => {
                ignored.push("forbidNames");
                default.forbids_names
            }
        };
        let min_length = min_length.min(max_length);
        (Self { min_length, max_length, history, expiry_days, forbids_names }, ignored)
    }
}
