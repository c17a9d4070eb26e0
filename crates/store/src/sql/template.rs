//! The statement that reads one whole row by its id, built once for each entity and kind of wall: requests ask it most.

use std::collections::HashMap;
use std::ptr;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use sea_query::Value as Bound;
use uuid::Uuid;

use super::{Confined, Dialect, Operation};
use crate::entity::EntityMeta;
use crate::filter::{Comparison, Filter, Predicate};
use crate::scope::Wall;
use crate::value::Value;

/// What stands for the tenant or the person of the wall, and for the id of the row, while a template is built.
const OF_WALL: Uuid = Uuid::from_u128(0x0057_414c_4c00_4000_8000_0000_0000_0001);
const OF_ROW: Uuid = Uuid::from_u128(0x0052_4f57_0000_4000_8000_0000_0000_0002);

/// What tells one template from others.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    schema: Option<&'static str>,
    wall: u8,
    /// Address of the entity's metadata.
    meta: usize,
    limit: u64,
}

/// A statement, and which of its values are those of the wall and of the row.
struct Template {
    statement: Confined,
    slots: Vec<Slot>,
}

/// Where a bound value comes from.
#[derive(Clone, Copy)]
enum Slot {
    Wall,
    Row,
    /// From the template itself.
    Same,
}

/// Statements that were built; `None` of one that is no template.
static BUILT: LazyLock<RwLock<HashMap<Key, Option<Arc<Template>>>>> = LazyLock::new(RwLock::default);

/// The statement of an operation that reads one whole row by nothing but its id; `None` of any other operation.
pub(super) fn of_one(
    dialect: Dialect,
    wall: Wall,
    meta: &'static EntityMeta,
    operation: &Operation<'_>,
) -> Option<Confined> {
    let Operation::Find { filter, projection, limit, parents: None } = operation else { return None };
    let row = only_id(meta, filter).filter(|_| projection.len() == meta.properties.len())?;
    let key = key(dialect, wall, meta, *limit);
    let known = BUILT.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let template = known.unwrap_or_else(|| {
        let template = Template::build(dialect, wall, meta, *limit).map(Arc::new);
        BUILT.write().unwrap_or_else(PoisonError::into_inner).insert(key, template.clone());
        template
    })?;
    Some(template.fill(wall, row))
}

/// The id, where the filter asks for the row with this id, and for nothing else.
fn only_id(meta: &EntityMeta, filter: &Filter) -> Option<Uuid> {
    let Filter { predicate, behind, counted: _, order, limit: _, skip, fields, include: _ } = filter;
    if behind.is_some() || !order.is_empty() || *skip > 0 || fields.is_some() {
        return None;
    }
    match predicate {
        Some(Predicate::Comparison { property, path, comparison: Comparison::Equal(Value::Uuid(id)) })
            if ptr::eq(*property, meta.id()) && path.is_empty() =>
        {
            Some(*id)
        }
        _ => None,
    }
}

fn key(dialect: Dialect, wall: Wall, meta: &'static EntityMeta, limit: u64) -> Key {
    let schema = match dialect {
        Dialect::Postgres(schema) => Some(schema.as_str()),
        Dialect::Sqlite => None,
    };
    let wall = match wall {
        Wall::Tenant(_) => 0,
        Wall::Person(_) => 1,
        Wall::Open => 2,
    };
    Key { schema, wall, meta: ptr::from_ref(meta).addr(), limit }
}

impl Template {
    /// Builds the statement as any other, around values that stand for what changes.
    fn build(dialect: Dialect, wall: Wall, meta: &'static EntityMeta, limit: u64) -> Option<Self> {
        let wall = match wall {
            Wall::Tenant(_) => Wall::Tenant(OF_WALL),
            Wall::Person(_) => Wall::Person(OF_WALL),
            Wall::Open => Wall::Open,
        };
        let filter = Filter { limit: Some(limit), ..Filter::matching(Predicate::equals(meta.id(), OF_ROW.into())) };
        let projection = meta.properties.iter().collect();
        let operation = Operation::Find { filter: &filter, projection, limit, parents: None };
        let statement = Confined::built(dialect, wall, meta, None, operation);
        let slots = statement.values.iter().map(slot).collect::<Option<_>>()?;
        Some(Self { statement, slots })
    }

    /// The statement for this tenant or person, and this row.
    fn fill(&self, wall: Wall, row: Uuid) -> Confined {
        let value = |(same, slot): (&Bound, &Slot)| match (slot, wall.whose()) {
            (Slot::Row, _) => row.into(),
            (Slot::Wall, Some(whose)) => whose.into(),
            // An open wall has no value.
            (Slot::Wall, None) | (Slot::Same, _) => same.clone(),
        };
        let Confined { sql, values, table, effort, is_certain, least, is_veiled, projection } = &self.statement;
        Confined {
            sql: sql.clone(),
            values: values.iter().zip(&self.slots).map(value).collect(),
            table,
            effort: *effort,
            is_certain: *is_certain,
            least: *least,
            is_veiled: *is_veiled,
            projection: projection.clone(),
        }
    }
}

/// Equality of statements: debug builds compare a filled template with the statement that is built anew.
impl PartialEq for Confined {
    fn eq(&self, other: &Self) -> bool {
        let Self { sql, values, table, effort, is_certain, least, is_veiled, projection } = self;
        let same = (sql, values, table, effort) == (&other.sql, &other.values, &other.table, &other.effort);
        let projected =
            projection.iter().copied().map(ptr::from_ref).eq(other.projection.iter().copied().map(ptr::from_ref));
        same && projected && (is_certain, least, is_veiled) == (&other.is_certain, &other.least, &other.is_veiled)
    }
}

/// Where a value comes from; `None` of one that may hold an id in itself, so that nothing stands for one in a statement.
fn slot(value: &Bound) -> Option<Slot> {
    match value {
        Bound::Uuid(Some(OF_WALL)) => Some(Slot::Wall),
        Bound::Uuid(Some(OF_ROW)) => Some(Slot::Row),
        Bound::BigUnsigned(_) => Some(Slot::Same),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::{OwnerRule, Property, PropertyRole, PropertyType, TenantRule};
    use crate::filter::Order;
    use crate::schema_name::SchemaName;

    const ID: Property =
        Property { name: "id", column: "id", kind: PropertyType::Uuid, role: PropertyRole::Id, ..Property::PLAIN };
    const BOOK: Property = Property { name: "bookId", column: "book_id", kind: PropertyType::Uuid, ..Property::PLAIN };
    const SHOP: Property = Property { name: "shopId", column: "shop_id", kind: PropertyType::Uuid, ..Property::PLAIN };

    const fn entity(properties: &'static [Property], tenancy: TenantRule, owner: Option<OwnerRule>) -> EntityMeta {
        EntityMeta {
            name: "Book",
            table: "books",
            query: None,
            tenant_query: None,
            description: "",
            tenancy,
            owner,
            properties,
            relations: &[],
            unique: &[],
            soft_delete: false,
            read_only: false,
            unlogged: None,
            logged: false,
        }
    }

    static OF_ITSELF: EntityMeta = entity(&[ID], TenantRule::Itself, None);
    static OF_NOBODY: EntityMeta = entity(&[ID], TenantRule::Global { reason: "a test" }, None);
    static BY_COLUMN: EntityMeta = entity(&[ID, SHOP], TenantRule::Column("shopId"), Some(OwnerRule::Column("id")));
    static BY_PARENT: EntityMeta = entity(
        &[ID, BOOK],
        TenantRule::Through { local: "bookId", foreign: "id", via: || &BY_COLUMN },
        Some(OwnerRule::Through { local: "bookId", foreign: "id", via: || &BY_COLUMN }),
    );

    #[test]
    fn a_template_is_filled_with_what_a_statement_built_anew_has() {
        let (shop, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for meta in [&OF_ITSELF, &OF_NOBODY, &BY_COLUMN, &BY_PARENT] {
            for dialect in [Dialect::Sqlite, Dialect::Postgres(SchemaName::MAIN)] {
                for (wall, row) in [Wall::Tenant(shop), Wall::Tenant(other), Wall::Person(shop), Wall::Open]
                    .into_iter()
                    .zip([3, 4, 5, 6].map(Uuid::from_u128))
                {
                    let filter = Filter::matching(Predicate::equals(meta.id(), row.into()));
                    let find = |filter| Operation::Find {
                        filter,
                        projection: meta.properties.iter().collect(),
                        limit: 1,
                        parents: None,
                    };
                    let built = Confined::built(dialect, wall, meta, None, find(&filter));
                    for _ in 0..2 {
                        assert_eq!(of_one(dialect, wall, meta, &find(&filter)).as_ref(), Some(&built));
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_asks_for_more_than_one_row_by_its_id_is_built_anew() {
        let (meta, row) = (&BY_COLUMN, Uuid::from_u128(3));
        let id = || Predicate::equals(meta.id(), row.into());
        let with = |filter: Filter| {
            let projection = meta.properties.iter().collect();
            let find = Operation::Find { filter: &filter, projection, limit: 1, parents: None };
            of_one(Dialect::Sqlite, Wall::Open, meta, &find).is_some()
        };
        assert!(with(Filter::matching(id())));
        for filter in [
            Filter::default(),
            Filter::matching(Predicate::And(vec![id()])),
            Filter::matching(Predicate::equals(&meta.properties[1], row.into())),
            Filter::matching(Predicate::equals(meta.id(), Value::Null)),
            Filter { behind: Some(id()), ..Filter::matching(id()) },
            Filter { skip: 1, ..Filter::matching(id()) },
            Filter { fields: Some(vec![0]), ..Filter::matching(id()) },
            Filter { order: vec![Order { property: meta.id(), descending: true }], ..Filter::matching(id()) },
        ] {
            assert!(!with(filter.clone()), "{filter:?}");
        }
        let filter = Filter::matching(id());
        let part = Operation::Find { filter: &filter, projection: Arc::new([meta.id()]), limit: 1, parents: None };
        assert!(of_one(Dialect::Sqlite, Wall::Open, meta, &part).is_none());
        let of_parent = Operation::Find {
            filter: &filter,
            projection: meta.properties.iter().collect(),
            limit: 1,
            parents: Some((meta.id(), vec![row.into()])),
        };
        assert!(of_one(Dialect::Sqlite, Wall::Open, meta, &of_parent).is_none());
        assert!(of_one(Dialect::Sqlite, Wall::Open, meta, &Operation::Count { predicate: None }).is_none());
    }
}
