//! Searches before changes: what patterns select is looked for by a session that reads, and changed by ids (ADR 34).
//!
//! A search can take long, and whoever writes may hold others up: `SQLite` has one writer, and a transaction of `PostgreSQL`
//! keeps a connection and rows. So no transaction searches. It keeps the rows that were found, if they are as they were.

use std::marker::PhantomData;

use super::Repository;
use crate::entity::{Entity, Property};
use crate::error::StoreResult;
use crate::filter::{Comparison, Predicate};
use crate::options::Limits;
use crate::query::Query;
use crate::scope::Scope;
use crate::session::{Asked, Mode, Read, Session, Write};
use crate::sql::{Confined, Effort, Operation};
use crate::value::Value;

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
    /// The rows that match, for a change of them. What bounds an answer does not bound it.
    ///
    /// # Errors
    /// When the database fails, or the search takes too long.
    pub async fn search(&self, predicate: &Predicate) -> StoreResult<Found<E>> {
        let properties = predicate.properties();
        let search = Operation::Search { predicate, properties: &properties, keeps: false };
        let (rows, _) = self.session.answer(unbounded(self.session, self.session.confine(E::meta(), search))).await?;
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
        let keep = Operation::Search { predicate: &found.predicate(), properties: &found.properties, keeps: true };
        // To wait for others who hold these rows is not to be slow.
        let keep = Confined { effort: Effort::One, ..self.session.confine(E::meta(), keep) };
        let seen = found.rows.clone();
        Query::new(self.session, vec![unbounded(self.session, keep)], move |answers| Ok(answers.next()?.0 == seen))
    }
}

/// A statement whose answer no client gets.
fn unbounded<S: Scope, M: Mode>(session: &Session<S, M>, statement: Confined) -> Asked {
    let meter = session.meter(&Limits { max_bytes: u64::MAX, ..session.limits });
    Asked { statement, meter, most: 0 }
}
