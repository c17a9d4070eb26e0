//! How a role differs from the template that it is of.

use std::collections::{BTreeSet, HashMap};

use user_tenant_store::StoreResult;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::Record;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Mode, Read, Session};
use uuid::Uuid;

use super::difference::RoleDifference;
use crate::error::Result;
use crate::model::permission::name_of;
use crate::model::{Role, RoleTemplate, Tenant};

/// How many roles are looked through for a page.
const MOST: usize = 2_000;

/// A template, and the versions of it that roles are of.
pub(crate) struct Versions {
    newest: RoleTemplate,
    all: HashMap<i32, RoleTemplate>,
}

impl Versions {
    /// The newest, of which others are read where a role is of them.
    pub(crate) fn of(newest: RoleTemplate) -> Self {
        Self { newest, all: HashMap::new() }
    }

    /// The newest.
    pub(crate) fn newest(&self) -> &RoleTemplate {
        &self.newest
    }

    /// Reads the versions that these roles are of.
    pub(super) async fn read<M: Mode>(&mut self, session: &Session<System, M>, roles: &[Role]) -> Result<()> {
        let versions: BTreeSet<i32> = roles.iter().filter_map(|role| role.template_version).collect();
        let missing: Vec<i32> = versions.into_iter().filter(|version| self.version(*version).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let named = RoleTemplate::NAME.is_in_any_case(&self.newest.name);
        let read = RoleTemplate::VERSION.is_one_of(missing).and(Some(&named));
        let read = session.repository::<RoleTemplate>().all_typed(read).await?;
        self.all.extend(read.into_iter().map(|template| (template.version, template)));
        Ok(())
    }

    fn version(&self, version: i32) -> Option<&RoleTemplate> {
        if version == self.newest.version { Some(&self.newest) } else { self.all.get(&version) }
    }

    /// How a role differs from the newest version, and from the one that it is of.
    pub(super) fn difference(&self, role: &Role) -> RoleDifference {
        let wanted = names(&self.newest.permissions);
        let granted = names(role.permissions.as_deref().unwrap_or_default());
        let version = role.template_version.unwrap_or_default();
        let is_as = |made: &RoleTemplate| names(&made.permissions) == granted && made.role_type == role.role_type;
        let owned = |names: BTreeSet<&str>| names.into_iter().map(ToOwned::to_owned).collect();
        RoleDifference {
            tenant_id: role.tenant_id,
            role_id: role.id,
            role_name: role.name.clone(),
            version,
            behind: version < self.newest.version,
            changed: !self.version(version).is_some_and(is_as),
            missing: owned(&wanted - &granted),
            extra: owned(&granted - &wanted),
            role_type: role.role_type,
            differs_in_type: role.role_type != self.newest.role_type,
        }
    }
}

impl RoleDifference {
    /// Whether there is nothing to give to the role.
    pub(super) fn is_none(&self) -> bool {
        !self.behind && !self.changed && self.gives_nothing()
    }

    /// Whether the role grants what the newest version says, whatever version it is of.
    pub(super) fn gives_nothing(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && !self.differs_in_type
    }
}

/// The permissions by their names: a number is another word for one.
fn names(permissions: &[String]) -> BTreeSet<&str> {
    permissions.iter().map(|permission| name_of(permission)).collect()
}

/// Roles that differ from the template, of tenants that are there, behind the role with this id; and where to go on, if there
/// may be more.
pub(crate) async fn page(
    session: &Session<System, Read>,
    newest: RoleTemplate,
    behind: Option<Uuid>,
    limit: usize,
) -> Result<(Vec<RoleDifference>, Option<Uuid>)> {
    let (mut differences, mut looked) = (Vec::new(), 0);
    let behind = behind.map(|id| Role::ID.compare(Comparison::Greater(id.into())));
    let of_template = of_template(&newest).and(behind.as_ref());
    let mut versions = Versions::of(newest);
    let mut roles = session.repository::<Role>().pages(Filter::matching(of_template));
    while let Some(page) = roles.next().await? {
        let page: Vec<Role> = page.into_iter().map(Record::into_entity).collect::<StoreResult<_>>()?;
        versions.read(session, &page).await?;
        let here = Tenant::ID.is_one_of(page.iter().map(|role| role.tenant_id));
        let here = Tenant::ARCHIVED_ON.compare(Comparison::Null).and(Some(&here));
        let fields = Some(vec![Tenant::ID.position()]);
        let mut open = BTreeSet::new();
        let here = Filter { fields, ..Filter::matching(here) };
        session.repository::<Tenant>().for_each(here, |tenant| open.extend(tenant.id())).await?;
        for role in page {
            let difference = versions.difference(&role);
            looked += 1;
            if !difference.is_none() && open.contains(&role.tenant_id) {
                differences.push(difference);
            }
            if differences.len() >= limit || looked >= MOST {
                return Ok((differences, Some(role.id)));
            }
        }
    }
    Ok((differences, None))
}

/// That a role is of a template.
pub(super) fn of_template(template: &RoleTemplate) -> Predicate {
    Role::TEMPLATE_NAME.is(template.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(version: i32, permissions: &[&str]) -> RoleTemplate {
        RoleTemplate {
            id: Uuid::nil(),
            name: "cook".to_owned(),
            version,
            description: None,
            role_type: Some(1),
            permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
            retired_on: None,
        }
    }

    fn role(version: i32, permissions: &[&str]) -> Role {
        Role {
            id: Uuid::nil(),
            name: "chef".to_owned(),
            role_type: Some(1),
            description: None,
            permissions: Some(permissions.iter().map(|&name| name.to_owned()).collect()),
            allowed_clients: None,
            tenant_id: Uuid::nil(),
            template_name: Some("cook".to_owned()),
            template_version: Some(version),
        }
    }

    #[test]
    fn a_role_is_behind_or_was_changed_by_hand_or_both_and_numbers_are_names() {
        let mut versions = Versions::of(template(2, &["ViewRoles", "UseOven"]));
        versions.all.insert(1, template(1, &["6"]));
        let told = |version: i32, permissions: &[&str]| {
            let difference = versions.difference(&role(version, permissions));
            (difference.behind, difference.changed, difference.missing.join(" "), difference.extra.join(" "))
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(told(2, &["UseOven", "6", "6"]), (false, false, text(""), text("")));
        assert_eq!(told(1, &["ViewRoles"]), (true, false, text("UseOven"), text("")));
        assert_eq!(told(1, &["ViewRoles", "Eat"]), (true, true, text("UseOven"), text("Eat")));
        assert_eq!(told(2, &["UseOven"]), (false, true, text("ViewRoles"), text("")));
        // Of a version that nobody knows, nobody knows what it was.
        assert_eq!(told(7, &["6", "UseOven"]), (false, true, text(""), text("")));
        let other = Role { role_type: None, ..role(2, &["6", "UseOven"]) };
        let difference = versions.difference(&other);
        assert!(difference.changed && difference.differs_in_type && !difference.is_none());
        assert!(versions.difference(&role(2, &["6", "UseOven"])).is_none());
    }
}
