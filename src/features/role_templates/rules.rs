//! Rules of templates: a version is saved once and never changes, and what it says is given to roles when somebody who holds it asks.

use std::collections::HashMap;

use user_tenant_store::StoreResult;
use user_tenant_store::filter::{Comparison, Filter, Order};
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::{System, TenantScope};
use user_tenant_store::session::{Committed, Mode, Read, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::answers::{Applied, Outcome, RoleApplied};
use super::differences::{Versions, of_template};
use crate::domain::administrators::{self, Administrators};
use crate::domain::holdings::{self, Whom};
use crate::domain::principal::Principal;
use crate::domain::{names, role_templates as templates, roles};
use crate::error::{Error, Result, Sought};
use crate::model::permission::name_of;
use crate::model::{Role, RoleTemplate, Tenant};

/// Most templates of a deployment.
const MOST: usize = 200;
/// What those who change templates wait for.
const LOCK: &str = "role templates";

/// A template to save.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleTemplateVersion {
    /// Its name, once in any case.
    pub name: String,
    /// What its roles are for.
    pub description: Option<String>,
    /// Kind of its roles.
    pub role_type: Option<i32>,
    /// What its roles grant.
    pub permissions: Vec<String>,
    /// The newest version that there is, 0 for none; `None` where it does not matter.
    pub expected: Option<i32>,
}

/// How a template is applied to a tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Application {
    /// A tenant without a role of the template gets one.
    pub create: bool,
    /// Roles too that were changed by hand since they were made of the template.
    pub overwrite: bool,
}

/// Saves a template, or its next version; what is said already makes none.
pub(crate) async fn save(
    session: Session<System, Write>,
    principal: &Principal<'_>,
    wanted: RoleTemplateVersion,
) -> Result<Committed<RoleTemplate>> {
    session.serialize_on(&[LOCK.to_owned()]).await?;
    let last = templates::last(&session, &wanted.name).await?;
    let version = last.as_ref().map_or(0, |last| last.version);
    if wanted.expected.is_some_and(|expected| expected != version) {
        return Err(Error::TemplateChanged { version });
    }
    let mut permissions: Vec<String> = Vec::with_capacity(wanted.permissions.len());
    for name in wanted.permissions.iter().map(|permission| name_of(permission)) {
        if !permissions.iter().any(|known| known == name) {
            permissions.push(name.to_owned());
        }
    }
    let before = last.as_ref().map(|last| last.permissions.as_slice()).unwrap_or_default();
    principal.refuse_unknown(&permissions, before)?;
    givable(principal, wanted.role_type, &permissions)?;
    let is_said = |last: &RoleTemplate| {
        (&last.description, last.role_type, &last.permissions) == (&wanted.description, wanted.role_type, &permissions)
    };
    if let Some(last) = last.as_ref().filter(|last| last.retired_on.is_none() && is_said(last)) {
        return Ok(session.commit(last.clone()).await?);
    }
    if last.is_none() && newest_of_each(&session).await?.len() >= MOST {
        return Err(Error::QuotaExceeded { what: "role templates", limit: MOST as u64 });
    }
    let name = last.map_or(wanted.name, |last| last.name);
    let new = New::<RoleTemplate>::empty()
        .with(RoleTemplate::NAME, name)?
        .with(RoleTemplate::VERSION, version.saturating_add(1))?
        .with(RoleTemplate::DESCRIPTION, wanted.description)?
        .with(RoleTemplate::ROLE_TYPE, wanted.role_type)?
        .with(RoleTemplate::PERMISSIONS, permissions)?;
    let made = session.repository::<RoleTemplate>().create(new).await?.into_entity()?;
    Ok(session.commit(made).await?)
}

/// Retires a template: nobody makes a role of it any more. The roles of it stay.
pub(crate) async fn retire(session: Session<System, Write>, name: &str) -> Result<Committed<()>> {
    session.serialize_on(&[LOCK.to_owned()]).await?;
    let last = templates::last(&session, name).await?.ok_or_else(|| unknown(name))?;
    if last.retired_on.is_none() {
        let patch = Patch::empty().with(RoleTemplate::RETIRED_ON, session.now())?;
        session.repository::<RoleTemplate>().update_by_id(last.id, patch).await?;
    }
    Ok(session.commit(()).await?)
}

/// The newest version of each template that is not retired, by name.
pub(crate) async fn list(session: &Session<System, Read>) -> Result<Vec<RoleTemplate>> {
    let newest = newest_of_each(session).await?;
    let current = RoleTemplate::RETIRED_ON.compare(Comparison::Null);
    let current = RoleTemplate::ID.is_one_of(newest).and(Some(&current));
    let mut all = session.repository::<RoleTemplate>().find_typed(current).await?;
    all.sort_unstable_by_key(|template| template.name.to_lowercase());
    Ok(all)
}

/// Versions of a template before this one, or all; the newest first. And whether there are older ones.
pub(super) async fn history(
    session: &Session<System, Read>,
    name: &str,
    before: Option<i32>,
    limit: usize,
) -> Result<(Vec<RoleTemplate>, bool)> {
    let named = RoleTemplate::NAME.is_in_any_case(name);
    let before = before.map(|version| RoleTemplate::VERSION.compare(Comparison::Less(i64::from(version).into())));
    let order = vec![Order { descending: true, ..RoleTemplate::VERSION.ascending() }];
    let most = (limit as u64).saturating_add(1);
    let filter = Filter { order, limit: Some(most), ..Filter::matching(named.and(before.as_ref())) };
    let mut rows = session.repository::<RoleTemplate>().find(&filter).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let rows = rows.into_iter().map(Record::into_entity).collect::<StoreResult<Vec<_>>>()?;
    if rows.is_empty() && before.is_none() { Err(unknown(name)) } else { Ok((rows, more)) }
}

/// The newest version of a template, retired or not.
pub(super) async fn last(session: &Session<System, Read>, name: &str) -> Result<RoleTemplate> {
    templates::last(session, name).await?.ok_or_else(|| unknown(name))
}

/// The newest version of a template, to apply.
pub(crate) async fn current(session: &Session<System, Read>, name: &str) -> Result<RoleTemplate> {
    let last = last(session, name).await?;
    if last.retired_on.is_some() { Err(Error::UnknownTemplate(name.to_owned())) } else { Ok(last) }
}

/// Gives the roles of a tenant that are of the template what it says. Whoever does so holds what they give.
pub(crate) async fn apply(
    session: Session<System, Write>,
    principal: &Principal<'_>,
    tenant: Uuid,
    versions: &mut Versions,
    how: Application,
) -> Result<Committed<Applied>> {
    let session = session.in_name_of(tenant);
    let tenants = session.repository::<Tenant>();
    let (_, here) = session.ask((tenants.lock_by_id(tenant), tenants.get(tenant))).await?;
    let state = here.ok_or_else(|| Error::OutOfReach(Sought::of::<Tenant>(&tenant)))?.state();
    if state.is_archived() {
        return Err(Error::TenantNotActive(state));
    }
    let of_template = of_template(versions.newest()).and(Some(&Role::TENANT_ID.is(tenant)));
    let affected = session.repository::<Role>().all_typed(of_template).await?;
    versions.read(&session, &affected).await?;
    let session = session.narrow(TenantScope(tenant));
    let newest = versions.newest();
    if affected.is_empty() {
        let made = if how.create { Some(create(&session, principal, newest).await?) } else { None };
        let roles = made.into_iter().collect();
        return Ok(session.commit(Applied { tenant_id: tenant, roles, refused: None }).await?);
    }
    let own = roles::own_role(&session, principal).await?;
    let mut administrators = None;
    let mut roles = Vec::with_capacity(affected.len());
    for role in affected {
        let difference = versions.difference(&role);
        let outcome = match () {
            () if difference.is_none() => Outcome::Unchanged,
            () if difference.changed && !how.overwrite => Outcome::Kept,
            () => Outcome::Applied,
        };
        if outcome == Outcome::Applied {
            if !difference.gives_nothing() {
                let granted = role.permissions.as_deref().unwrap_or_default();
                roles::changeable(Some(role.id), own, principal.may_affect(granted))?;
                principal.refuse_unknown(&difference.missing, &[])?;
                givable(principal, newest.role_type, &difference.missing)?;
                // Of the role by a group, the principal may be one who has it: what they hold is asked again behind the lock.
                let given = difference.missing.iter().cloned().collect();
                holdings::may_give(&session, principal, &given, Whom::All).await?;
                if administrators.is_none() && administrators::may_cease(granted, &newest.permissions) {
                    administrators = Some(Administrators::before(&session, principal).await?);
                }
            }
            let patch = Patch::empty()
                .with(Role::PERMISSIONS, newest.permissions.clone())?
                .with(Role::ROLE_TYPE, newest.role_type)?
                .with(Role::TEMPLATE_VERSION, newest.version)?;
            session.repository::<Role>().update_by_id(role.id, patch).await?;
        }
        roles.push(RoleApplied::of(difference, outcome));
    }
    if let Some(before) = administrators {
        before.remain(&session).await?;
    }
    Ok(session.commit(Applied { tenant_id: tenant, roles, refused: None }).await?)
}

/// Makes a role of a template in a tenant that has none.
async fn create(
    session: &Session<TenantScope, Write>,
    principal: &Principal<'_>,
    template: &RoleTemplate,
) -> Result<RoleApplied> {
    principal.refuse_unknown(&template.permissions, &[])?;
    givable(principal, template.role_type, &template.permissions)?;
    names::keep_once(session, Role::NAME, Some(&template.name.as_str().into()), None).await?;
    Ok(RoleApplied {
        role_id: templates::instantiate(session, session.scope().0, template).await?,
        role_name: template.name.clone(),
        outcome: Outcome::Created,
        added: template.permissions.clone(),
        removed: Vec::new(),
    })
}

/// That the principal may give what a role of a template grants.
fn givable(principal: &Principal<'_>, role_type: Option<i32>, permissions: &[String]) -> Result<()> {
    roles::givable(principal, role_type, None, Some(&Value::TextArray(permissions.to_vec())))
}

/// The ids of the newest versions, retired or not.
async fn newest_of_each<M: Mode>(session: &Session<System, M>) -> Result<Vec<Uuid>> {
    let fields = [RoleTemplate::ID.position(), RoleTemplate::NAME.position(), RoleTemplate::VERSION.position()];
    let all = Filter { fields: Some(fields.to_vec()), ..Filter::default() };
    let mut newest: HashMap<String, (i64, Uuid)> = HashMap::new();
    let each = |row: &Record| {
        let name = row.get(RoleTemplate::NAME).and_then(Value::as_text).map(str::to_lowercase);
        if let (Some(name), Some(Value::Integer(version)), Some(id)) = (name, row.get(RoleTemplate::VERSION), row.id())
        {
            let known = newest.entry(name).or_insert((*version, id));
            if known.0 < *version {
                *known = (*version, id);
            }
        }
    };
    session.repository::<RoleTemplate>().for_each(all, each).await?;
    Ok(newest.into_values().map(|(_, id)| id).collect())
}

fn unknown(name: &str) -> Error {
    Error::NotFound(Sought::of::<RoleTemplate>(name))
}
