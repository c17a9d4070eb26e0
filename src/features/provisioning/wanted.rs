//! What is asked for of a new tenant, and what was made, for HTTP and for the library alike.

use user_tenant_store::record::New;
use uuid::Uuid;

pub use crate::domain::clients::IssuedClient as ProvisionedClient;
use crate::model::{AuthClient, Group, Tenant, TenantConfig, TenantState, User, UserStatus};

/// The templates of the roles that a tenant begins with, unless others are named.
const TEMPLATES: [&str; 4] = ["owner", "administrator", "member", "viewer"];

/// A tenant to make, with all that it begins with.
#[derive(Debug)]
pub struct Provision {
    /// Name and key, and what else the tenant is to have: an address, limits. It is active, unless its status says that it is
    /// pending.
    pub tenant: New<Tenant>,
    /// First name and e-mail address of the administrator, and what else is known of them. The address is the username of a new
    /// person for whom none is named.
    pub administrator: New<User>,
    /// The language that the administrator prefers in the tenant.
    pub locale: Option<String>,
    /// The template of the administrator's role.
    pub template: String,
    /// The templates of all roles to make. That of the administrator's is one of them, named or not.
    pub roles: Vec<String>,
    /// The tenant's configuration: key and value of each.
    pub configs: Vec<New<TenantConfig>>,
    /// Groups, by name, without members.
    pub groups: Vec<New<Group>>,
    /// A client application that the administrator may log in with. One without a name is called as the tenant's key, and its
    /// secrets are made here.
    pub client: Option<New<AuthClient>>,
}

impl Provision {
    /// A tenant with the roles of all templates that there are at first, and an administrator who is its owner.
    pub fn new(tenant: New<Tenant>, administrator: New<User>) -> Self {
        Self {
            tenant,
            administrator,
            locale: None,
            template: TEMPLATES[0].to_owned(),
            roles: TEMPLATES.map(str::to_owned).into(),
            configs: Vec::new(),
            groups: Vec::new(),
            client: None,
        }
    }
}

/// What was made, with the ids of all.
#[derive(Debug)]
pub struct Provisioned {
    /// Id of the tenant.
    pub tenant: Uuid,
    /// Its key, in the form in which it is stored.
    pub key: String,
    /// Where it stands: active or pending.
    pub state: TenantState,
    /// Id of the administrator as a person.
    pub user: Uuid,
    /// Whether nobody knew them before.
    pub is_new: bool,
    /// The status of their membership.
    pub status: UserStatus,
    /// Id of their membership.
    pub user_tenant: Uuid,
    /// Id of their role.
    pub role: Uuid,
    /// Name and id of each role.
    pub roles: Vec<(String, Uuid)>,
    /// Key and id of each configuration.
    pub configs: Vec<(String, Uuid)>,
    /// Name and id of each group.
    pub groups: Vec<(String, Uuid)>,
    /// The client application, if one was asked for.
    pub client: Option<ProvisionedClient>,
}
