//! What every case starts from: a store on a fresh database, its clock, two tenants with rows, and short ways to write and read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use user_tenant_store::audit::Actor;
use user_tenant_store::environment::Environment;
use user_tenant_store::filter::parse::{self, Bounds};
use user_tenant_store::filter::{Filter, FilterError, Predicate};
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::{Scope, Sees, System, SystemReason};
use user_tenant_store::session::{DatabaseOptions, Limits, SchemaName, Session, Store, Write};
use user_tenant_store::{Entity, StoreResult};
use uuid::Uuid;

pub(crate) use crate::database::{Database, Outcome};
use crate::family::{Account, Bookmark, Comment, Cover, Document, Membership, Person, make_tables};

/// Makes two tests, `sqlite` and `postgres`, of each function that takes a fixture.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        $(mod $case {
            use crate::fixture::{Database, Fixture, Outcome};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> Outcome {
                super::$case(&Fixture::new(Database::sqlite()?).await?).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> Outcome {
                super::$case(&Fixture::new(Database::postgres(stringify!($case)).await?).await?).await
            }
        })+
    };
}

/// Past every wall, to make and to look at what a case is about.
pub(crate) const SYSTEM: System = System(SystemReason::HostApplication);

/// In whose name the cases write.
pub(crate) const ACTOR: Actor =
    Actor { membership: Some(Uuid::from_u128(0xac0b)), user: Some(Uuid::from_u128(0xbea7)), tenant: None };

/// The variable that names another schema than `main` for the tables on `PostgreSQL`.
const SCHEMA: &str = "TEST_DB_SCHEMA";

/// A store on a database of its own. The database is declared last, to be dropped after the store.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    clock: Arc<AtomicI64>,
    pub(crate) database: Database,
}

impl Fixture {
    pub(crate) async fn new(mut database: Database) -> Outcome<Self> {
        if let (DatabaseOptions::Postgres(options), Ok(schema)) = (&mut database.options, std::env::var(SCHEMA)) {
            options.schema = SchemaName::new(&schema)?;
        }
        make_tables(&database, &database.options).await?;
        // 2024-05-01T10:00:00.123Z
        let clock = Arc::new(AtomicI64::new(1_714_557_600_123));
        let store = Self::open(&database.options, &clock, Limits::default())?;
        Ok(Self { store, clock, database })
    }

    fn open(options: &DatabaseOptions, clock: &Arc<AtomicI64>, limits: Limits) -> StoreResult<Store> {
        let (clock, system) = (clock.clone(), Environment::system());
        let now = move || {
            let nanoseconds = i128::from(clock.load(Ordering::Relaxed)) * 1_000_000;
            OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
        };
        Store::open(options, limits, Environment::new(now, move || system.new_id()))
    }

    /// Another store on the same database, with other limits.
    pub(crate) fn limited(&self, limits: Limits) -> StoreResult<Store> {
        Self::open(&self.database.options, &self.clock, limits)
    }

    /// Another store on the same database, which is reached in another way.
    pub(crate) fn through(&self, options: &DatabaseOptions) -> StoreResult<Store> {
        Self::open(options, &self.clock, Limits::default())
    }

    /// Lets an hour pass.
    pub(crate) fn wait_an_hour(&self) {
        self.clock.fetch_add(3_600_000, Ordering::Relaxed);
    }

    /// Does `work` in one transaction and commits it.
    pub(crate) async fn write<S: Scope, T>(
        &self,
        scope: S,
        work: impl AsyncFnOnce(&Session<S, Write>) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let session = self.store.write(scope, ACTOR).await?;
        let value = work(&session).await?;
        Ok(session.commit(value).await?.into_inner())
    }

    /// The same rows by a condition that a transaction takes: those of patterns are searched for.
    pub(crate) async fn light<E: Entity>(
        &self,
        scope: impl Sees<E>,
        condition: Option<Predicate>,
    ) -> StoreResult<Option<Predicate>> {
        match condition {
            Some(patterns) if !patterns.is_light() => {
                let found = self.store.read(scope).repository::<E>().search(Some(&patterns)).await?;
                Ok(Some(found.predicate()))
            }
            light => Ok(light),
        }
    }

    /// Inserts a row under the scope and returns what the store answers.
    pub(crate) async fn create<E: Entity>(&self, scope: impl Sees<E>, values: &Json) -> Outcome<Json> {
        let new = new::<E>(values)?;
        let record = self.write(scope, async |session| session.repository::<E>().create(new).await).await?;
        Ok(serde_json::to_value(record)?)
    }

    /// Inserts a row past the wall and returns its id.
    pub(crate) async fn insert<E: Entity>(&self, values: &Json) -> Outcome<Uuid> {
        let record = self.create::<E>(SYSTEM, values).await?;
        Ok(text(&record, "id").parse()?)
    }

    /// The rows that the scope sees and the filter selects, as JSON.
    pub(crate) async fn find<E: Entity>(&self, scope: impl Sees<E>, filter: &Json) -> Outcome<Vec<Json>> {
        let rows = self.store.read(scope).repository::<E>().find(&self::filter::<E>(filter)?).await?;
        Ok(rows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?)
    }

    /// The only row that the scope sees and the filter selects, as JSON.
    pub(crate) async fn find_only<E: Entity>(&self, scope: impl Sees<E>, filter: &Json) -> Outcome<Json> {
        let mut rows = self.find::<E>(scope, filter).await?;
        assert_eq!(rows.len(), 1, "{filter} selects {rows:?}");
        Ok(rows.pop().unwrap_or_default())
    }

    /// Two tenants with rows of every kind, and a guest who is a member of both.
    pub(crate) async fn seed(&self) -> Outcome<Seed> {
        let guest = self.insert::<Person>(&json!({"name": "Guest"})).await?;
        let mut rows = BTreeSet::from([Seeded { entity: "Person", id: guest, tenant: None, person: Some(guest) }]);
        let ours = self.seed_tenant("ours", guest, &mut rows).await?;
        let theirs = self.seed_tenant("theirs", guest, &mut rows).await?;
        Ok(Seed { ours, theirs, guest, rows })
    }

    async fn seed_tenant(&self, name: &str, guest: Uuid, rows: &mut BTreeSet<Seeded>) -> Outcome<Tenant> {
        let key = self.store.environment().new_id();
        let account = self.insert::<Account>(&json!({"name": name, "key": key})).await?;
        let mut made = |entity, id, person| {
            rows.insert(Seeded { entity, id, tenant: Some(account), person });
        };
        made("Account", account, None);
        let member = self.insert::<Person>(&json!({"name": format!("Member of {name}"), "phrase": "sesame"})).await?;
        made("Person", member, Some(member));
        let joined = |person| json!({"role": "editor", "personId": person, "accountId": account});
        let membership = self.insert::<Membership>(&joined(member)).await?;
        made("Membership", membership, Some(member));
        let guest_membership = self.insert::<Membership>(&joined(guest)).await?;
        made("Membership", guest_membership, Some(guest));

        let mut documents = Vec::new();
        for (title, author, comments) in
            [("Alpha", Some((membership, member)), 3), ("Beta", Some((guest_membership, guest)), 2), ("Gamma", None, 1)]
        {
            let values = json!({"title": title, "membershipId": author.map(|(id, _)| id), "accountId": account});
            let document = self.insert::<Document>(&values).await?;
            made("Document", document, author.map(|(_, person)| person));
            made("DocumentTitle", document, None);
            if author.is_some() {
                made("Authored", document, None);
            }
            documents.push(document);
            for place in 0..comments {
                let (membership, person) = author.unwrap_or((guest_membership, guest));
                let values = json!({"wording": format!("{title} {place}"), "place": place,
                    "documentId": document, "membershipId": membership});
                made("Comment", self.insert::<Comment>(&values).await?, Some(person));
            }
        }
        let values = json!({"picture": "sea.png", "documentId": documents[0]});
        made("Cover", self.insert::<Cover>(&values).await?, None);
        for person in [member, guest] {
            let values = json!({"address": "there", "personId": person, "accountId": account});
            made("Bookmark", self.insert::<Bookmark>(&values).await?, Some(person));
        }
        Ok(Tenant { account, member, membership, guest_membership, documents })
    }
}

/// What [`Fixture::seed`] made.
pub(crate) struct Seed {
    pub(crate) ours: Tenant,
    pub(crate) theirs: Tenant,
    /// A person with a membership in both tenants.
    pub(crate) guest: Uuid,
    /// Every row, and whose it is.
    pub(crate) rows: BTreeSet<Seeded>,
}

/// One tenant of the seed.
pub(crate) struct Tenant {
    pub(crate) account: Uuid,
    /// A person of this tenant only.
    pub(crate) member: Uuid,
    pub(crate) membership: Uuid,
    pub(crate) guest_membership: Uuid,
    /// Alpha by the member with three comments and a cover, Beta by the guest with two comments,
    /// Gamma by nobody with one comment of the guest.
    pub(crate) documents: Vec<Uuid>,
}

/// One row of the seed; without a tenant it is of both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seeded {
    pub(crate) entity: &'static str,
    pub(crate) id: Uuid,
    pub(crate) tenant: Option<Uuid>,
    pub(crate) person: Option<Uuid>,
}

/// Values of a new row; an `id` counts too.
pub(crate) fn new<E: Entity>(values: &Json) -> Outcome<New<E>> {
    let new = New::from_json(values.as_object().ok_or("not an object")?)?;
    Ok(match values.get("id").and_then(Json::as_str) {
        Some(id) => new.with_id(id.parse()?)?,
        None => new,
    })
}

pub(crate) fn patch<E: Entity>(values: &Json) -> Outcome<Patch<E>> {
    Ok(Patch::from_json(values.as_object().ok_or("not an object")?)?)
}

/// Reads a filter as the service does.
pub(crate) fn filter<E: Entity>(json: &Json) -> Result<Filter, FilterError> {
    parse::filter(E::meta(), json, Bounds { include_depth: 3 })
}

pub(crate) fn predicate<E: Entity>(json: &Json) -> Result<Option<Predicate>, FilterError> {
    parse::predicate(E::meta(), json)
}

/// The text of a property, empty where it has none.
pub(crate) fn text<'a>(row: &'a Json, name: &str) -> &'a str {
    row.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// The texts of one property in all rows, in order.
pub(crate) fn column<'a>(rows: &'a [Json], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| text(row, name)).collect()
}

/// The rows of an included relation.
pub(crate) fn related<'a>(row: &'a Json, name: &str) -> &'a [Json] {
    row.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}
