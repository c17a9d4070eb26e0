//! Makes a tenant with all that it begins with, or nothing of it.

use std::collections::HashSet;

use user_tenant_store::record::New;
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::Value;
use user_tenant_store::{Entity, TypedProperty};
use uuid::Uuid;

use super::wanted::{Provision, Provisioned, ProvisionedClient};
use crate::domain::provisioning::{self, Login};
use crate::domain::users::{self, Known};
use crate::domain::{administrators, clients, names, role_templates, tenants};
use crate::error::{Error, Result, Rule};
use crate::model::tenant_config::{PROFILE, locale_of};
use crate::model::{
    AuthClient, Catalogue, Group, NewUsers, Role, Tenant, TenantConfig, TenantState, TenantStatus, User, UserTenant,
};

/// Makes all of it, or nothing.
///
/// Whoever may make tenants gives the new one's roles without holding them: there is nothing in it yet that is anybody's, and
/// none of these roles reaches another tenant.
pub(crate) async fn provision(
    session: Session<System, Write>,
    catalogue: &Catalogue,
    new_users: NewUsers,
    default_clients: Option<&[i32]>,
    wanted: Provision,
) -> Result<Committed<Provisioned>> {
    let wanted = checked(wanted)?;
    let login = login(&wanted.administrator).map_err(|error| error.within("administrator"))?;
    let templates = role_templates::newest(&session, &wanted.roles).await?;
    if let Some(unknown) = templates.iter().find_map(|template| catalogue.unknown(&template.permissions, &[])) {
        return Err(Error::UnknownPermission(unknown.to_owned()));
    }
    let role_at = wanted.roles.iter().position(|name| name.eq_ignore_ascii_case(&wanted.template)).unwrap_or_default();
    let lacking = templates.get(role_at).and_then(|template| administrators::lacking(&template.permissions));
    if let Some(permission) = lacking {
        return Err(refused("administrator/template", Rule::Grants(permission)));
    }

    let (key, state) = (text(&wanted.tenant, Tenant::KEY).to_owned(), state(&wanted.tenant)?);
    let tenant = provisioning::create_tenant(&session, wanted.tenant).await?;
    let session = session.in_name_of(tenant);
    let client = match wanted.client {
        Some(client) => Some(create_client(&session, tenant, &key, client).await?),
        None => None,
    };
    let known = login.owner(&session).await?;
    if let (Known::Somebody { id, .. }, Some(_)) = (&known, &client) {
        // Locked, since it is changed: two who hold it would wait for each other.
        session.repository::<User>().lock_by_id(*id).await?;
    }
    let clients = client.as_ref().map(|client| vec![client.id]).or_else(|| default_clients.map(<[i32]>::to_vec));
    let joining = users::joining(&session, login, known, wanted.administrator, tenant, clients).await?;
    if let Some(person) = &joining.known {
        clients::add(&session, person, client.as_ref().map(|client| client.id)).await?;
    }

    let (user, is_new) = (joining.user, joining.known.is_none());
    let status = new_users.status(is_new);
    let mut rows = Vec::new();
    let mut roles = Vec::new();
    for template in &templates {
        let role = role_templates::role(template)?.with(Role::TENANT_ID, tenant)?;
        add(&mut rows, &mut roles, session.repository::<Role>().prepare(role)?, &template.name)?;
    }
    let role = roles.get(role_at).map(|(_, id)| *id).unwrap_or_default();
    let membership = provisioning::membership(user, tenant, role, status)?;
    let profile = wanted.configs.iter().find(|config| text(config, TenantConfig::CONFIG_KEY) == PROFILE);
    let locale = wanted.locale.or_else(|| match profile?.get(TenantConfig::CONFIG_VALUE)? {
        Value::Json(profile) => locale_of(profile),
        _ => None,
    });
    rows.extend(joining.rows(&session, new_users, membership.with(UserTenant::LOCALE, locale)?)?);
    let user_tenant = rows.last().map(|row| provisioning::id(row.record())).transpose()?.unwrap_or_default();
    let (mut configs, mut groups) = (Vec::new(), Vec::new());
    for config in wanted.configs {
        let key = text(&config, TenantConfig::CONFIG_KEY).to_owned();
        let config = session.repository().prepare(config.with(TenantConfig::TENANT_ID, tenant)?)?;
        add(&mut rows, &mut configs, config, &key)?;
    }
    for group in wanted.groups {
        let name = text(&group, Group::NAME).to_owned();
        let group = session.repository().prepare(group.with(Group::TENANT_ID, tenant)?)?;
        add(&mut rows, &mut groups, group, &name)?;
    }
    let made = session.insert_and_commit(rows).await.map_err(users::faster)?;
    Ok(made.map(|_| Provisioned {
        tenant,
        key,
        state,
        user,
        is_new,
        status,
        user_tenant,
        role,
        roles,
        configs,
        groups,
        client,
    }))
}

/// Refuses what can be refused without the database, and puts names into their forms.
fn checked(wanted: Provision) -> Result<Provision> {
    let tenant = tenants::with_given_key(wanted.tenant).map_err(|error| error.within("tenant"))?;
    let group_names = wanted.groups.iter().map(|group| text(group, Group::NAME));
    once("groups", Group::NAME.name(), names::first_repeated(group_names))?;
    let mut keys = HashSet::new();
    let repeated = wanted.configs.iter().position(|config| !keys.insert(text(config, TenantConfig::CONFIG_KEY)));
    once("configs", TenantConfig::CONFIG_KEY.name(), repeated)?;
    if let Some(at) = names::first_repeated(wanted.roles.iter().map(String::as_str)) {
        return Err(refused(&format!("roles/{at}"), Rule::Once));
    }
    let mut roles = wanted.roles;
    if !roles.iter().any(|name| name.eq_ignore_ascii_case(&wanted.template)) {
        roles.push(wanted.template.clone());
    }
    Ok(Provision { tenant, roles, ..wanted })
}

/// Refuses a name that the list has before this place.
fn once(list: &str, property: &str, repeated: Option<usize>) -> Result<()> {
    repeated.map_or(Ok(()), |at| Err(refused(&format!("{list}/{at}/{property}"), Rule::Once)))
}

fn refused(property: &str, rule: Rule) -> Error {
    Error::InvalidProperty { property: property.to_owned(), rule }
}

fn text<E: Entity>(row: &New<E>, property: TypedProperty<E, String>) -> &str {
    row.get(property).and_then(Value::as_text).unwrap_or_default()
}

/// Where the tenant begins in its life.
fn state(tenant: &New<Tenant>) -> Result<TenantState> {
    let status = match tenant.get(Tenant::STATUS) {
        None => return Ok(TenantState::Active),
        Some(Value::Integer(status)) => {
            i32::try_from(*status).ok().and_then(|status| TenantStatus::try_from(status).ok())
        }
        Some(_) => None,
    };
    match status {
        Some(TenantStatus::Active) => Ok(TenantState::Active),
        Some(TenantStatus::Pending) => Ok(TenantState::Pending),
        _ => Err(refused("tenant/status", Rule::Type("must be active or pending".to_owned()))),
    }
}

/// What the administrator logs in with.
fn login(person: &New<User>) -> Result<Login> {
    let (username, email) = (text(person, User::USERNAME), text(person, User::EMAIL));
    if username.is_empty() { Login::by_address(email) } else { Login::new(username, email) }
}

/// Makes a client application with secrets that nobody has chosen.
async fn create_client(
    session: &Session<System, Write>,
    tenant: Uuid,
    key: &str,
    client: New<AuthClient>,
) -> Result<ProvisionedClient> {
    let client =
        if client.get(AuthClient::CLIENT_ID).is_some() { client } else { client.with(AuthClient::CLIENT_ID, key)? };
    let client_id = text(&client, AuthClient::CLIENT_ID).to_owned();
    let (client, client_secret) = clients::with_secrets(client)?;
    let id = provisioning::create_client(session, tenant, client).await?;
    Ok(ProvisionedClient { id, client_id, client_secret })
}

/// Adds a row to insert, and its name and id to those to tell.
fn add(rows: &mut Vec<Prepared>, told: &mut Vec<(String, Uuid)>, row: Prepared, name: &str) -> Result<()> {
    told.push((name.to_owned(), provisioning::id(row.record())?));
    rows.push(row);
    Ok(())
}
