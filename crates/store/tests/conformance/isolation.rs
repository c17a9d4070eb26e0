//! Every entity × every operation × every trick, in a tenant and for a person: rows of others are neither shown nor changed.
//!
//! The cases come from the metadata: add an entity to [`crate::family`], seed it, and name it here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use user_tenant_store::entity::{OwnerRule, PropertyRole, PropertyType, Relation, RelationKind, TenantRule};
use user_tenant_store::filter::Filter;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::{OwnScope, Scope, Sees, TenantScope, Wall};
use user_tenant_store::session::{Session, Write};
use user_tenant_store::{Entity, EntityMeta, StoreError, StoreResult};
use uuid::Uuid;

use crate::family::{Account, Authored, Bookmark, Comment, Cover, Document, DocumentTitle, Membership, Person};
use crate::fixture::{Fixture, Outcome, Seed, filter, new, patch, predicate};

on_both!(in_a_tenant, for_a_person);

async fn in_a_tenant(fixture: &Fixture) -> Outcome {
    let scope = |seed: &Seed| TenantScope(seed.ours.account);
    all_verbs::<Account, _>(fixture, scope).await?;
    all_verbs::<Person, _>(fixture, scope).await?;
    all_verbs::<Membership, _>(fixture, scope).await?;
    all_verbs::<Document, _>(fixture, scope).await?;
    all_verbs::<Comment, _>(fixture, scope).await?;
    all_verbs::<Cover, _>(fixture, scope).await?;
    all_verbs::<Bookmark, _>(fixture, scope).await?;
    reads::<DocumentTitle, _>(&Case::new(fixture, scope).await?).await?;
    reads::<Authored, _>(&Case::new(fixture, scope).await?).await
}

async fn for_a_person(fixture: &Fixture) -> Outcome {
    let scope = |seed: &Seed| OwnScope(seed.guest);
    all_verbs::<Person, _>(fixture, scope).await?;
    all_verbs::<Membership, _>(fixture, scope).await?;
    all_verbs::<Document, _>(fixture, scope).await?;
    all_verbs::<Comment, _>(fixture, scope).await?;
    all_verbs::<Bookmark, _>(fixture, scope).await
}

/// Each group of verbs meets freshly made rows.
async fn all_verbs<E: Entity, S: Sees<E>>(fixture: &Fixture, scope: impl Fn(&Seed) -> S) -> Outcome {
    reads::<E, S>(&Case::new(fixture, &scope).await?).await?;
    writes_by_id::<E, S>(&Case::new(fixture, &scope).await?).await?;
    references_in_patches::<E, S>(&Case::new(fixture, &scope).await?).await?;
    references_in_new_rows::<E, S>(&Case::new(fixture, &scope).await?).await?;
    for clause in [Value::Null, any_row()] {
        bulk_writes::<E, S>(&Case::new(fixture, &scope).await?, &clause).await?;
    }
    Ok(())
}

/// A clause that every row fulfils, and that names no tenant.
fn any_row() -> Value {
    json!({"or": [{"id": {"neq": null}}, {"id": {"like": "%"}}, {"id": {"exists": false}}]})
}

/// A scope on a seed of its own.
struct Case<'a, S> {
    fixture: &'a Fixture,
    seed: Seed,
    scope: S,
}

impl<'a, S: Scope> Case<'a, S> {
    async fn new(fixture: &'a Fixture, scope: impl Fn(&Seed) -> S) -> Outcome<Self> {
        let seed = fixture.seed().await?;
        let scope = scope(&seed);
        Ok(Self { fixture, seed, scope })
    }

    /// Ids of rows of this seed, of one entity or of all: those inside the scope, or those outside.
    fn ids(&self, entity: Option<&EntityMeta>, inside: bool) -> BTreeSet<Uuid> {
        let rows = self.seed.rows.iter().filter(|row| entity.is_none_or(|entity| entity.name == row.entity));
        rows.filter(|row| {
            let own = match self.scope.wall() {
                Wall::Tenant(tenant) => row.tenant.is_none_or(|other| other == tenant),
                Wall::Person(person) => row.person == Some(person),
                Wall::Open => true,
            };
            own == inside
        })
        .map(|row| row.id)
        .collect()
    }

    /// Every row of every table by table and id.
    async fn everything(&self) -> Outcome<BTreeMap<(&'static str, String), Vec<String>>> {
        let mut all = BTreeMap::new();
        for table in ["accounts", "persons", "memberships", "documents", "comments", "covers", "bookmarks"] {
            for mut row in self.fixture.database.rows(&format!("SELECT id, * FROM {table}")).await? {
                all.insert((table, row.remove(0)), row);
            }
        }
        Ok(all)
    }

    /// Does `work` in a transaction, commits it, and fails if that touched a row outside the scope or made one.
    async fn attempt<T>(
        &self,
        what: &str,
        work: impl AsyncFnOnce(&Session<S, Write>) -> StoreResult<T>,
    ) -> Outcome<StoreResult<T>> {
        let before = self.everything().await?;
        let result = self.fixture.write(self.scope.clone(), work).await;
        let mut after = self.everything().await?;
        let own: BTreeSet<_> = self.ids(None, true).iter().map(Uuid::to_string).collect();
        for (place, row) in before {
            let now = after.remove(&place);
            if !own.contains(&place.1) {
                assert_eq!(now.as_ref(), Some(&row), "{what} changed {place:?}, which lies outside");
            }
        }
        assert!(after.is_empty() || result.is_err(), "{what} made {after:?}");
        Ok(result)
    }
}

/// The ids of the rows, and of the rows included in them.
fn ids(rows: &[Value]) -> BTreeSet<Uuid> {
    let nested = |row: &Value| row.as_object().map(|row| row.values().cloned().collect()).unwrap_or_default();
    let mut found = BTreeSet::new();
    for row in rows {
        found.extend(row.get("id").and_then(Value::as_str).and_then(|id| id.parse::<Uuid>().ok()));
        found.extend(row.as_array().map(|rows| ids(rows)).unwrap_or_default());
        let values: Vec<Value> = nested(row);
        found.extend(ids(&values));
    }
    found
}

/// The entities and relations that an include has followed.
type Way = Vec<(&'static EntityMeta, &'static Relation)>;

/// Includes of every relation, so many levels deep, each asking for all rows: as far as they do not go back.
fn includes(meta: &'static EntityMeta, depth: usize, way: &Way) -> Value {
    let returned = match way.as_slice() {
        [.., (origin, out), (_, back)] => {
            back.kind == RelationKind::BelongsTo
                && (back.target)().name == origin.name
                && (back.local, back.foreign) == (out.foreign, out.local)
        }
        _ => false,
    };
    let fresh = |relation: &&'static Relation| {
        relation.includable && !way.iter().any(|(other, step)| other.name == meta.name && step.name == relation.name)
    };
    let relations = meta.relations.iter().filter(|_| depth > 0 && !returned).filter(fresh);
    relations
        .map(|relation| {
            let further = way.iter().copied().chain([(meta, relation)]).collect();
            let scope = json!({"where": any_row(), "include": includes((relation.target)(), depth - 1, &further)});
            json!({"relation": relation.name, "scope": scope})
        })
        .collect()
}

async fn reads<E: Entity, S: Sees<E>>(case: &Case<'_, S>) -> Outcome {
    let meta = E::meta();
    let (own, foreign) = (case.ids(Some(meta), true), case.ids(Some(meta), false));
    assert!(!own.is_empty() && !foreign.is_empty(), "{} needs rows inside and outside", meta.name);
    let session = case.fixture.store.read(case.scope.clone());
    let rows = session.repository::<E>();

    let (nothing, all) = (BTreeSet::new(), own.clone());
    let mut clauses = vec![
        (json!({}), &all),
        (any_row(), &all),
        (json!({"or": [{"id": {"inq": foreign}}, any_row()]}), &all),
        (json!({"id": {"inq": foreign}}), &nothing),
        (json!({"or": [{"id": {"inq": foreign}}, {"id": {"exists": false}}]}), &nothing),
        (json!({"and": [any_row(), {"id": {"nin": own}}]}), &nothing),
    ];
    if meta.property("accountId").is_some() {
        let theirs = json!({"accountId": case.seed.theirs.account});
        clauses.push((json!({"or": [theirs, {"accountId": {"neq": null}}]}), &all));
    }
    for (clause, expected) in clauses {
        let what = format!("{} where {clause}", meta.name);
        assert_eq!(
            &ids(&case.fixture.find::<E>(case.scope.clone(), &json!({"where": clause})).await?),
            expected,
            "{what}"
        );
        assert_eq!(rows.count(predicate::<E>(&clause)?.as_ref()).await?, expected.len() as u64, "{what}");
    }
    for id in foreign {
        let by_any = filter::<E>(&json!({"where": any_row(), "include": includes(meta, 1, &Way::new())}))?;
        assert!(rows.find_by_id(id, &by_any).await?.is_none(), "{} {id}", meta.name);
        assert!(rows.get(id).await?.is_none() && !rows.exists(id).await?, "{} {id}", meta.name);
        let property = user_tenant_store::filter::Predicate::equals(meta.id(), id.into());
        assert!(rows.find_one(property).await?.is_none(), "{} {id}", meta.name);
    }

    let found = case.fixture.find::<E>(case.scope.clone(), &json!({"include": includes(meta, 3, &Way::new())})).await?;
    let outside = &ids(&found) - &case.ids(None, true);
    assert!(outside.is_empty(), "{} includes rows from outside: {outside:?}", meta.name);
    let related = |row: &Value| meta.relations.iter().any(|relation| row.get(relation.name).is_some());
    assert!(meta.relations.is_empty() || found.iter().any(related), "{} includes nothing at all", meta.name);
    Ok(())
}

/// A patch that changes something and breaks no constraint.
fn harmless<E: Entity>() -> Outcome<Patch<E>> {
    let texts = E::meta()
        .properties
        .iter()
        .filter(|property| property.role == PropertyRole::Data && property.kind == PropertyType::Text);
    let (optional, required): (Vec<_>, Vec<_>) = texts.partition(|property| !property.required);
    let property = optional.first().or(required.first()).ok_or("no text to change")?;
    patch::<E>(&json!({property.name: "changed"}))
}

async fn writes_by_id<E: Entity, S: Sees<E>>(case: &Case<'_, S>) -> Outcome {
    let meta = E::meta();
    for id in case.ids(Some(meta), false) {
        let values = harmless::<E>()?;
        let changed =
            case.attempt("a patch", async |session| session.repository::<E>().update_by_id(id, values).await).await?;
        assert!(matches!(changed, Ok(false)), "{} {id}: {changed:?}", meta.name);
        let values = harmless::<E>()?;
        let replaced = case
            .attempt("replacing", async |session| session.repository::<E>().replace_by_id(id, values).await)
            .await?;
        assert!(matches!(replaced, Ok(false)), "{} {id}: {replaced:?}", meta.name);
        let deleted =
            case.attempt("deleting", async |session| session.repository::<E>().delete_by_id(id).await).await?;
        assert!(matches!(deleted, Ok(false)), "{} {id}: {deleted:?}", meta.name);
        let destroyed =
            case.attempt("destroying", async |session| session.repository::<E>().destroy_by_id(id).await).await?;
        assert!(matches!(destroyed, Ok(false)), "{} {id}: {destroyed:?}", meta.name);
    }
    // The same on a row inside does something, so the above is not the silence of a broken statement.
    let id = case.ids(Some(meta), true).pop_first().ok_or("no row inside")?;
    let values = harmless::<E>()?;
    let changed =
        case.attempt("a patch", async |session| session.repository::<E>().update_by_id(id, values).await).await?;
    assert!(matches!(changed, Ok(true)), "{} {id}: {changed:?}", meta.name);
    let deleted = case.attempt("deleting", async |session| session.repository::<E>().delete_by_id(id).await).await?;
    assert!(matches!(deleted, Ok(true)), "{} {id}: {deleted:?}", meta.name);
    Ok(())
}

async fn bulk_writes<E: Entity, S: Sees<E>>(case: &Case<'_, S>, clause: &Value) -> Outcome {
    let own = case.ids(Some(E::meta()), true).len() as u64;
    let clause = case.fixture.light::<E>(case.scope.clone(), predicate::<E>(clause)?).await?;
    let values = harmless::<E>()?;
    let changed = case
        .attempt("a patch of many", async |session| session.repository().update_all(clause.as_ref(), values).await)
        .await?;
    assert!(matches!(changed, Ok(count) if count == own), "{}: {changed:?}", E::meta().name);
    let deleted = case
        .attempt("deleting many", async |session| session.repository::<E>().delete_all(clause.as_ref()).await)
        .await?;
    assert!(matches!(deleted, Ok(count) if count == own), "{}: {deleted:?}", E::meta().name);
    Ok(())
}

/// The properties of `E` that say where a row belongs or what it refers to, with ids that they must not name.
fn references<E: Entity, S: Scope>(case: &Case<'_, S>) -> Vec<(&'static str, BTreeSet<Uuid>)> {
    let meta = E::meta();
    let relations = meta.relations.iter().filter(|relation| relation.kind == RelationKind::BelongsTo);
    let mut references: Vec<_> = relations.map(|relation| (relation.local, (relation.target)())).collect();
    match meta.tenancy {
        TenantRule::Through { local, via, .. } if local != "id" => references.push((local, via())),
        TenantRule::Column(name) => references.push((name, Account::meta())),
        _ => {}
    }
    match meta.owner {
        Some(OwnerRule::Through { local, via, .. }) => references.push((local, via())),
        Some(OwnerRule::Column(name)) if matches!(case.scope.wall(), Wall::Person(_)) => {
            references.push((name, Person::meta()));
        }
        _ => {}
    }
    references.into_iter().map(|(local, target)| (local, case.ids(Some(target), false))).collect()
}

async fn references_in_patches<E: Entity, S: Sees<E>>(case: &Case<'_, S>) -> Outcome {
    let meta = E::meta();
    for (name, foreign) in references::<E, S>(case) {
        if meta.property(name).is_none_or(|property| property.role != PropertyRole::Data) {
            continue;
        }
        for other in foreign {
            let what = format!("{name} of a {} to {other}", meta.name);
            let values = json!({ name: other });
            for own in case.ids(Some(meta), true) {
                let values = patch::<E>(&values)?;
                let changed = case
                    .attempt(&what, async |session| session.repository::<E>().update_by_id(own, values).await)
                    .await?;
                assert!(matches!(changed, Ok(false) | Err(StoreError::OutsideScope)), "{what}: {changed:?}");
            }
            let values = patch::<E>(&values)?;
            let changed =
                case.attempt(&what, async |session| session.repository::<E>().update_all(None, values).await).await?;
            assert!(matches!(changed, Ok(0) | Err(StoreError::OutsideScope)), "{what}: {changed:?}");
            let left = predicate::<E>(&json!({ name: other }))?;
            let session = case.fixture.store.read(case.scope.clone());
            assert_eq!(session.repository::<E>().count(left.as_ref()).await?, 0, "{what}");
        }
    }
    Ok(())
}

async fn references_in_new_rows<E: Entity, S: Sees<E>>(case: &Case<'_, S>) -> Outcome {
    let meta = E::meta();
    // Another row like one inside the scope, with texts of its own, since some must be unique.
    let id = case.ids(Some(meta), true).pop_first().ok_or("no row inside")?;
    let session = case.fixture.store.read(case.scope.clone());
    let row = session.repository::<E>().find_by_id(id, &Filter::default()).await?.ok_or("not found")?;
    let mut row = serde_json::to_value(row)?;
    row["id"] = json!(case.fixture.store.environment().new_id());
    for property in meta.properties.iter().filter(|property| property.kind == PropertyType::Text && property.required) {
        row[property.name] = row["id"].clone();
    }
    let refused = |what: &str, result: StoreResult<_>| match result {
        Err(StoreError::MissingReference | StoreError::OutsideScope) => Ok(()),
        other => Err(format!("{} with {what}: {other:?}", meta.name)),
    };
    for (name, foreign) in references::<E, S>(case) {
        for other in foreign {
            let mut row = row.clone();
            row[name] = json!(other);
            let what = format!("{name} {other}");
            let row = new::<E>(&row)?;
            refused(&what, case.attempt(&what, async |session| session.repository().create(row).await).await?)?;
        }
    }
    if let TenantRule::Through { local, .. } = meta.tenancy {
        for parent in [Some(Value::Null), None] {
            let mut row = row.clone();
            match parent {
                Some(null) => row[local] = null,
                None => drop(row.as_object_mut().and_then(|row| row.remove(local))),
            }
            let row = new::<E>(&row)?;
            let what = format!("no {local}");
            refused(&what, case.attempt(&what, async |session| session.repository().create(row).await).await?)?;
        }
    }
    // Without any of that it can be made, unless such rows are made outside every scope.
    let made = new::<E>(&row)?;
    let made = case.fixture.write(case.scope.clone(), async |session| session.repository().create(made).await).await;
    let makable = match (case.scope.wall(), meta.tenancy) {
        (_, TenantRule::Itself) | (Wall::Person(_), TenantRule::Column(_)) => false,
        (_, TenantRule::Through { local, .. }) => local != "id",
        _ => true,
    };
    match made {
        Ok(_) => assert!(makable, "{} was made", meta.name),
        Err(StoreError::OutsideScope) => assert!(!makable, "{} was refused", meta.name),
        Err(error) => return Err(format!("{} was refused: {error:?}", meta.name).into()),
    }
    Ok(())
}
