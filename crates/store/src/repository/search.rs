//! Searches before changes: what patterns select is looked for by a session that reads, and changed by ids (ADR 34).
//!
//! A search can take long, and whoever writes may hold others up: `SQLite` has one writer, and a transaction of `PostgreSQL`
//! keeps a connection and rows. So no transaction searches. It keeps the rows that were found, if they are as they were.

use std::marker::PhantomData;

use super::Repository;
use crate::entity::{Entity, Property};
use crate::error::{StoreError, StoreResult};
use crate::filter::{Comparison, Predicate};
use crate::options::Limits;
use crate::query::Query;
use crate::scope::Scope;
use crate::session::{Asked, Mode, Read, Session, Write};
use crate::sql::{Confined, Effort, Keeps, Operation};
use crate::value::Value;
use uuid::Uuid;

/// The rows of `E` that a search has found.
#[derive(Debug)]
pub struct Found<E> {
    /// Of each row its id, and what it has of a version; by id.
    rows: Vec<Vec<Value>>,
    /// What the search looked at.
    properties: Vec<&'static Property>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> Found<E> {
    /// That a row is one of these. It compares ids alone.
    pub fn predicate(&self) -> Predicate {
        let ids = self.rows.iter().filter_map(|row| row.first().cloned()).collect();
        Predicate::Comparison { property: E::meta().id(), path: Vec::new(), comparison: Comparison::In(ids) }
    }
}

impl<E: Entity, S: Scope> Repository<'_, E, S, Read> {
    /// The rows that match, for a change of them; all rows without a predicate. What bounds an answer does not bound it.
    ///
    /// # Errors
    /// [`StoreError::TooManyToChange`] where there are more than [`Limits::max_changed_rows`], [`StoreError::TooMuchToChange`]
    /// where they hold more than [`Limits::max_changed_bytes`]. When the database fails, or the search takes too long.
    pub async fn search(&self, predicate: Option<&Predicate>) -> StoreResult<Found<E>> {
        let Limits { max_changed_rows: most, max_changed_bytes: longest, .. } = self.session.limits;
        let properties = predicate.map(Predicate::properties).unwrap_or_default();
        let search = Operation::Search {
            predicate,
            limit: most.saturating_add(1),
            properties: &properties,
            keeps: Keeps::Nothing,
        };
        let asked = unbounded(self.session, self.session.confine(E::meta(), search));
        let (mut rows, _) = self.session.answer(asked).await?;
        if rows.len() as u64 > most {
            return Err(StoreError::TooManyToChange { limit: most });
        }
        // Last in each row; what it was is no part of the version.
        let lengths = rows.iter_mut().filter_map(|row| match row.pop() {
            Some(Value::Integer(length)) => u64::try_from(length).ok(),
            _ => None,
        });
        if lengths.fold(0, u64::saturating_add) > longest {
            return Err(StoreError::TooMuchToChange { limit: longest });
        }
        Ok(Found { rows, properties, entity: PhantomData })
    }
}

impl<'a, E: Entity, S: Scope> Repository<'a, E, S, Write> {
    /// Keeps the rows that were found from other writers until the transaction ends; false when one of them is not as it was,
    /// or is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn keep(&self, found: &Found<E>) -> Query<'a, S, Write, bool> {
        let (predicate, limit) = (Some(&found.predicate()), found.rows.len() as u64);
        let keep = Operation::Search { predicate, limit, properties: &found.properties, keeps: Keeps::All };
        // To wait for others who hold these rows is not to be slow.
        let keep = Confined { effort: Effort::One, ..self.session.confine(E::meta(), keep) };
        let seen = found.rows.clone();
        Query::new(self.session, vec![unbounded(self.session, keep)], move |answers| Ok(answers.next()?.0 == seen))
    }

    /// Keeps so many of the rows that match from other writers until the transaction ends, and tells their ids: of those that
    /// nobody else keeps, those with the smallest ids. Who looks for work at the same time gets other rows.
    ///
    /// # Errors
    /// When the database fails.
    pub fn seize(&self, predicate: &Predicate, most: u64) -> Query<'a, S, Write, Vec<Uuid>> {
        let seize = Operation::Search { predicate: Some(predicate), limit: most, properties: &[], keeps: Keeps::Free };
        let asked = unbounded(self.session, self.session.confine(E::meta(), seize));
        Query::new(self.session, vec![asked], |answers| {
            let (rows, _) = answers.next()?;
            Ok(rows.iter().filter_map(|row| row.first().and_then(Value::to_uuid)).collect())
        })
    }
}

/// A statement whose answer no client gets.
fn unbounded<S: Scope, M: Mode>(session: &Session<S, M>, statement: Confined) -> Asked {
    let meter = session.meter(&Limits { max_bytes: u64::MAX, ..session.limits });
    Asked { statement, meter, most: 0 }
}
