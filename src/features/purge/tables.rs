//! What belongs to a tenant, by the metadata of entities alone: a new table is purged without a word here.

use std::collections::HashSet;

use user_tenant_store::entity::{EntityMeta, OwnerRule, Property, Relation, RelationKind, TenantRule};
use user_tenant_store::erase::Doomed;
use user_tenant_store::value::Value;

use user_tenant_store::Entity as _;

use crate::model::AuthClient;

/// An entity.
pub(super) type Meta = &'static EntityMeta;
/// The same, once it is asked for.
type Entities = fn() -> Meta;

/// Rows that serve all tenants, and that were made for one: each by the property that says for which, where it has that.
const MADE_FOR: &[(Entities, &str)] = &[(AuthClient::meta, "tenantId")];

/// The tables of a deployment.
pub(super) struct Tables(Vec<Meta>);

/// A table whose rows name their tenant.
#[derive(Clone, Copy)]
pub(super) struct Root {
    pub(super) meta: Meta,
    /// The property that names it, where that is no tenancy.
    pub(super) made_for: Option<&'static Property>,
}

impl Root {
    /// Its rows of a tenant.
    pub(super) fn which(self, tenant: &[Value; 1]) -> Doomed<'_> {
        self.made_for.map_or(Doomed::OfTenant, |property| Doomed::Holding(property, tenant))
    }
}

/// A property that holds the id of a row that something belongs to.
type Link = (&'static str, &'static str, Meta);

impl Tables {
    /// Those of these entities. What is only read is the rows of others.
    pub(super) fn of(entities: impl IntoIterator<Item = Meta>) -> Self {
        Self(entities.into_iter().filter(|meta| !meta.read_only).collect())
    }

    /// The tenants.
    pub(super) fn tenants(&self) -> Option<Meta> {
        self.0.iter().copied().find(|meta| matches!(meta.tenancy, TenantRule::Itself))
    }

    /// Those whose rows name their tenant, each before what it refers to.
    pub(super) fn roots(&self) -> Vec<Root> {
        let (mut ordered, mut seen) = (Vec::new(), HashSet::new());
        for meta in &self.0 {
            self.put(meta, &mut ordered, &mut seen);
        }
        ordered.into_iter().filter_map(root).collect()
    }

    /// Puts whatever refers to an entity before it.
    fn put(&self, meta: Meta, ordered: &mut Vec<Meta>, seen: &mut HashSet<&'static str>) {
        if seen.insert(meta.table) {
            self.children(meta).into_iter().for_each(|(child, _)| self.put(child, ordered, seen));
            ordered.push(meta);
        }
    }

    /// What refers to rows of an entity by their ids, and by which property. What holds a shared row is none of them: it goes first.
    pub(super) fn children(&self, meta: Meta) -> Vec<(Meta, &'static Property)> {
        let mut children: Vec<(Meta, &'static Property)> = Vec::new();
        for child in self.0.iter().copied().filter(|child| child.table != meta.table && !holds(child, meta)) {
            for (local, foreign, target) in links(child).into_iter().chain(self.owner(child)) {
                let Some(property) = child.property(local) else { continue };
                let known = children.iter().any(|(other, by)| other.table == child.table && by.name == local);
                if target.table == meta.table && foreign == meta.id().name && !known {
                    children.push((child, property));
                }
            }
        }
        children
    }

    /// The person whom rows belong to, as no relation need say.
    fn owner(&self, meta: Meta) -> Option<Link> {
        let is_person = |meta: Meta| matches!(meta.owner, Some(OwnerRule::Column(own)) if own == meta.id().name);
        let person = self.0.iter().copied().find(|meta| is_person(meta))?;
        match meta.owner {
            Some(OwnerRule::Column(local)) if local != meta.id().name => Some((local, person.id().name, person)),
            _ => None,
        }
    }

    /// The entities whose rows tenants share by rows of this one, as people by memberships.
    pub(super) fn shared_by(&self, meta: Meta) -> Vec<Meta> {
        self.0.iter().copied().filter(|shared| holds(meta, shared)).collect()
    }

    /// The entities whose rows tenants share, each with the property that names one tenant as theirs.
    pub(super) fn homes(&self) -> Vec<(Meta, &'static Property)> {
        let shared = self.0.iter().copied().filter(|meta| meta.is_shared());
        shared.filter_map(|meta| Some((meta, home(meta)?))).collect()
    }
}

/// The property by which a shared row names one tenant as its own.
pub(super) fn home(meta: Meta) -> Option<&'static Property> {
    let names_tenant = |relation: &&Relation| matches!((relation.target)().tenancy, TenantRule::Itself);
    let relation = belongs_to(meta).find(names_tenant)?;
    meta.property(relation.local)
}

fn root(meta: Meta) -> Option<Root> {
    match meta.tenancy {
        TenantRule::Column(_) => Some(Root { meta, made_for: None }),
        TenantRule::Global { .. } => {
            let (_, named) = MADE_FOR.iter().find(|(entity, _)| entity().table == meta.table)?;
            Some(Root { meta, made_for: Some(meta.property(named)?) })
        }
        TenantRule::Itself | TenantRule::Through { .. } => None,
    }
}

/// Whether a row of `shared` is of whatever tenants have rows of `holder` that name it.
fn holds(holder: Meta, shared: Meta) -> bool {
    matches!(shared.tenancy, TenantRule::Through { via, .. } if shared.is_shared() && via().table == holder.table)
}

fn belongs_to(meta: Meta) -> impl Iterator<Item = &'static Relation> {
    meta.relations.iter().filter(|relation| relation.kind == RelationKind::BelongsTo)
}

/// Every row that a row of this entity refers to.
fn links(meta: Meta) -> Vec<Link> {
    let mut links: Vec<Link> =
        belongs_to(meta).map(|relation| (relation.local, relation.foreign, (relation.target)())).collect();
    if let TenantRule::Through { local, foreign, via } = meta.tenancy
        && !meta.is_shared()
    {
        links.push((local, foreign, via()));
    }
    if let Some(OwnerRule::Through { local, foreign, via }) = meta.owner
        && local != meta.id().name
    {
        links.push((local, foreign, via()));
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Tenant, User, UserTenant, registry};

    #[test]
    fn every_table_with_rows_of_a_tenant_is_reached() {
        let tables = Tables::of(registry().iter().map(|entity| entity()));
        let mut reached: HashSet<&str> = tables.tenants().into_iter().map(|meta| meta.table).collect();
        let mut next: Vec<Meta> = tables.roots().iter().map(|root| root.meta).collect();
        next.extend(tables.homes().into_iter().map(|(meta, _)| meta));
        while let Some(meta) = next.pop() {
            if reached.insert(meta.table) {
                next.extend(tables.children(meta).into_iter().map(|(child, _)| child));
                next.extend(tables.shared_by(meta));
            }
        }
        for meta in tables.0.iter().filter(|meta| !matches!(meta.tenancy, TenantRule::Global { .. })) {
            assert!(reached.contains(meta.table), "{}", meta.table);
        }
    }

    #[test]
    fn what_refers_to_another_comes_before_it() {
        let tables = Tables::of(registry().iter().map(|entity| entity()));
        let order: Vec<&str> = tables.roots().iter().map(|root| root.meta.table).collect();
        let place = |table: &str| order.iter().position(|other| *other == table);
        assert!(place("user_tenants") < place("roles") && place("user_tenants").is_some(), "{order:?}");
        assert!(!order.contains(&"tenants") && !order.contains(&"users"));
        let names = |of: Vec<Meta>| -> Vec<&str> { of.into_iter().map(|meta| meta.table).collect() };
        assert_eq!(names(tables.shared_by(UserTenant::meta())), ["users"]);
        assert_eq!(home(User::meta()).map(|property| property.name), Some("defaultTenantId"));
        assert!(home(Tenant::meta()).is_none());
        // A person's memberships hold them; what a person logs in with goes with them.
        assert_eq!(
            names(tables.children(User::meta()).into_iter().map(|(child, _)| child).collect()),
            ["user_credentials", "address_proofs", "password_records", "password_resets"]
        );
    }
}
