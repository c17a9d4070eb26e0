//! What can be done with the rows of one entity: reading in every session, writing in a [`Write`] session only.

mod search;
mod writes;

use std::marker::PhantomData;

pub use self::search::Found;
pub use self::writes::Prepared;
pub(crate) use self::writes::{of_change, of_insertion};
use crate::cursor::{Cursor, Page};
use crate::entity::{Entity, EntityMeta};
use crate::error::{StoreError, StoreResult};
use crate::filter::{Filter, Predicate};
use crate::include;
use crate::query::Query;
use crate::record::Record;
use crate::scope::{Scope, Sees};
#[cfg(doc)]
use crate::session::Write;
use crate::session::{Mode, Session};
use crate::sql::Operation;
use crate::typed::TypedProperty;
use crate::value::Value;

/// The rows of `E` that a session sees.
pub struct Repository<'a, E, S, M: Mode> {
    session: &'a Session<S, M>,
    entity: PhantomData<fn() -> E>,
}

/// How many rows a page of [`Repository::pages`] has.
const PAGE: u64 = 200;

/// How many rows a page has.
fn size(filter: &Filter) -> u64 {
    filter.limit.unwrap_or(PAGE)
}

/// Rows for a rule, a page at a time.
pub struct Pages<'a, E, S, M: Mode> {
    session: &'a Session<S, M>,
    /// The first page, where it was read before.
    first: Option<Vec<Record>>,
    /// What has not been read yet.
    rest: Option<Filter>,
    entity: PhantomData<fn() -> E>,
}

impl<'a, E: Entity, S: Scope, M: Mode> Pages<'a, E, S, M> {
    /// The same pages, the first of which is read, so that it can travel with other queries; unless it has related rows,
    /// which are asked for once the rows are known.
    pub fn begun(self) -> Query<'a, S, M, Self> {
        let session = self.session;
        match self.rest {
            Some(filter) if self.first.is_none() && filter.include.is_empty() => {
                include::page_for_rule(session, E::meta(), &filter, size(&filter)).map(move |(rows, more)| {
                    let rest = Self::behind(&rows, more, filter);
                    Self { session, first: Some(rows), rest, entity: PhantomData }
                })
            }
            rest => Query::known(session, Self { rest, ..self }),
        }
    }

    fn behind(rows: &[Record], more: bool, filter: Filter) -> Option<Filter> {
        let next = rows.last().filter(|_| more).and_then(|last| Cursor::behind(E::meta(), &filter, last));
        next.map(|next| next.rest(E::meta(), filter))
    }

    /// The next page; none behind the last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next(&mut self) -> StoreResult<Option<Vec<Record>>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let Some(filter) = self.rest.take() else { return Ok(None) };
        let (rows, more) = include::find_for_rule(self.session, E::meta(), &filter, size(&filter)).await?;
        self.rest = Self::behind(&rows, more, filter);
        Ok(Some(rows))
    }

    /// Reads all of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn for_each(mut self, mut each: impl FnMut(&Record)) -> StoreResult<()> {
        while let Some(rows) = self.next().await? {
            rows.iter().for_each(&mut each);
        }
        Ok(())
    }

    /// All rows as typed entities. They are held together, so this is for rows that are few and short by their nature.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn typed(mut self) -> StoreResult<Vec<E>> {
        let mut all = Vec::new();
        while let Some(rows) = self.next().await? {
            for row in rows {
                all.push(row.into_entity()?);
            }
        }
        Ok(all)
    }
}

impl<S: Scope, M: Mode> Session<S, M> {
    /// The rows of `E` that the scope sees.
    pub fn repository<E: Entity>(&self) -> Repository<'_, E, S, M>
    where
        S: Sees<E>,
    {
        Repository { session: self, entity: PhantomData }
    }
}

impl<'a, E: Entity, S: Scope, M: Mode> Repository<'a, E, S, M> {
    /// Rows with their related rows, as records for an answer.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] or [`StoreError::TooManyBytes`] rather than a cut list.
    pub async fn find(&self, filter: &Filter) -> StoreResult<Vec<Record>> {
        include::find(self.session, E::meta(), filter).await
    }

    /// The SQL that [`Self::find`] would run for the rows, without those that are included: for `EXPLAIN`, and to see the
    /// wall in it.
    pub fn statement(&self, filter: &Filter) -> String {
        include::statement(self.session, E::meta(), filter)
    }

    /// Rows as [`Self::find`] reads them, and where the next page begins, if there is one; how many rows there are in all,
    /// if the filter asks for it.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn find_page(&self, filter: &Filter) -> StoreResult<Page> {
        let (rows, more) = include::find_page(self.session, E::meta(), filter).await?;
        let next = rows.last().filter(|_| more).and_then(|last| Cursor::behind(E::meta(), filter, last));
        let total = if filter.counted { Some(self.count(filter.predicate.as_ref()).await?) } else { None };
        Ok(Page { rows, next, total })
    }

    /// All rows that the filter selects, whatever its limit, a page at a time, so that no more of them are held. What bounds
    /// an answer bounds no rule: how many rows there are, or how long, never keeps it from reading them all.
    pub fn pages(&self, filter: Filter) -> Pages<'a, E, S, M> {
        self.pages_of(PAGE, filter)
    }

    /// The same with so many rows a page, of rows that are short by their nature. Where a page is not read in the order of an index,
    /// each finds and sorts all that is left, so that many small ones take long.
    pub fn pages_of(&self, rows: u64, filter: Filter) -> Pages<'a, E, S, M> {
        let rest = Some(Filter { limit: Some(rows), ..filter });
        Pages { session: self.session, first: None, rest, entity: PhantomData }
    }

    /// Reads all rows of the [`Self::pages`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn for_each(&self, filter: Filter, each: impl FnMut(&Record)) -> StoreResult<()> {
        self.pages(filter).for_each(each).await
    }

    /// The rows that match as typed entities, for a rule: all of them, whatever bounds an answer. They are held together, so
    /// this is for rows that are few and short by their nature.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_typed(&self, predicate: Predicate) -> StoreResult<Vec<E>> {
        self.pages(Filter::matching(predicate)).typed().await
    }

    /// The rows that match, or all of them for `None`, as typed entities.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn find_typed(&self, predicate: impl Into<Option<Predicate>>) -> StoreResult<Vec<E>> {
        let filter = Filter { predicate: predicate.into(), ..Filter::default() };
        self.find(&filter).await?.into_iter().map(Record::into_entity).collect()
    }

    /// The row with this id, shaped by the filter; its predicate counts too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_by_id(&self, id: impl Into<Value>, filter: &Filter) -> StoreResult<Option<Record>> {
        let filter = Filter {
            predicate: Some(by_id(E::meta(), id, filter.predicate.clone())),
            limit: Some(1),
            ..filter.clone()
        };
        Ok(self.find(&filter).await?.pop())
    }

    /// The row with this id as a typed entity, however long it is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn get(&self, id: impl Into<Value>) -> Query<'a, S, M, Option<E>> {
        self.find_one(by_id(E::meta(), id, None))
    }

    /// The first row that matches, as a typed entity, however long it is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn find_one(&self, predicate: Predicate) -> Query<'a, S, M, Option<E>> {
        let filter = Filter { limit: Some(1), ..Filter::matching(predicate) };
        include::page_for_rule(self.session, E::meta(), &filter, 1)
            .try_map(|(mut rows, _)| rows.pop().map(Record::into_entity).transpose())
    }

    /// The first row that the filter selects, shaped by it, for a rule: however long it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first(&self, filter: Filter) -> StoreResult<Option<Record>> {
        let filter = Filter { limit: Some(1), ..filter };
        Ok(include::find_for_rule(self.session, E::meta(), &filter, 1).await?.0.pop())
    }

    /// How many rows match.
    ///
    /// # Errors
    /// When the database fails.
    pub fn count(&self, predicate: Option<&Predicate>) -> Query<'a, S, M, u64> {
        let asked = self.session.asked(self.session.confine(E::meta(), Operation::Count { predicate }));
        Query::new(self.session, vec![asked], |answers| {
            let (rows, _) = answers.next()?;
            counted(rows.first().and_then(|row| row.first()))
        })
    }

    /// How many rows hold each value of a property, in no order; values that no row holds are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_by<V>(&self, property: TypedProperty<E, V>) -> StoreResult<Vec<(Value, u64)>> {
        let property = property.property();
        let rows = self.session.query(self.session.confine(E::meta(), Operation::CountBy { property })).await?;
        rows.into_iter()
            .map(|mut row| {
                let count = counted(row.pop().as_ref())?;
                Ok((row.pop().unwrap_or(Value::Null), count))
            })
            .collect()
    }

    /// Whether a row with this id exists.
    ///
    /// # Errors
    /// When the database fails.
    pub fn exists(&self, id: impl Into<Value>) -> Query<'a, S, M, bool> {
        self.count(Some(&by_id(E::meta(), id, None))).map(|count| count > 0)
    }
}

fn counted(value: Option<&Value>) -> StoreResult<u64> {
    match value {
        Some(Value::Integer(count)) => u64::try_from(*count).map_err(|error| StoreError::Database(Box::new(error))),
        _ => Err(StoreError::Database("COUNT answered no number".into())),
    }
}

fn by_id(meta: &'static EntityMeta, id: impl Into<Value>, predicate: Option<Predicate>) -> Predicate {
    let by_id = Predicate::equals(meta.id(), id.into());
    match predicate {
        Some(predicate) => Predicate::And(vec![by_id, predicate]),
        None => by_id,
    }
}

impl<E: Entity, S, M: Mode> std::fmt::Debug for Repository<'_, E, S, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("entity", &E::meta().name).finish_non_exhaustive()
    }
}
