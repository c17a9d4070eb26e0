//! Reading with related rows: one statement for the rows and one for each included relation, all confined alike.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use crate::cursor::total_order;
use crate::entity::{EntityMeta, Property, RelationKind};
use crate::error::{StoreError, StoreResult};
use crate::filter::{Filter, Include};
use crate::json;
use crate::meter::{self, Meter};
use crate::options::Limits;
use crate::query::Query;
use crate::record::{Record, Related, Reservation};
use crate::scope::Scope;
use crate::session::{Asked, Mode, Session};
use crate::sql::{Counted, Operation, Parents};
use crate::value::Value;

/// The text of the statement that [`find`] runs for the rows themselves.
pub(crate) fn statement<S: Scope, M: Mode>(
    session: &Session<S, M>,
    meta: &'static EntityMeta,
    filter: &Filter,
) -> String {
    let Form { projection, .. } = Form::of(meta, filter, None);
    let limit = filter.limit.unwrap_or(session.limits.max_rows);
    session.confine(meta, Operation::Find { filter, projection, limit, parents: None }).sql
}

/// Rows that the filter selects, with their related rows, within the limits of the session.
pub(crate) async fn find<S: Scope, M: Mode>(
    session: &Session<S, M>,
    meta: &'static EntityMeta,
    filter: &Filter,
) -> StoreResult<Vec<Record>> {
    find_up_to(session, meta, filter, false, &session.limits).await.map(|(rows, _)| rows)
}

/// The same, and whether further rows follow: one more than the filter's limit is looked for.
pub(crate) async fn find_page<S: Scope, M: Mode>(
    session: &Session<S, M>,
    meta: &'static EntityMeta,
    filter: &Filter,
) -> StoreResult<(Vec<Record>, bool)> {
    find_up_to(session, meta, filter, filter.limit.is_some(), &session.limits).await
}

/// A page of so many rows, for a rule and not for an answer: what bounds an answer does not bound it.
pub(crate) async fn find_for_rule<S: Scope, M: Mode>(
    session: &Session<S, M>,
    meta: &'static EntityMeta,
    filter: &Filter,
    rows: u64,
) -> StoreResult<(Vec<Record>, bool)> {
    find_up_to(session, meta, filter, rows > 1, &for_rule(session, rows)).await
}

/// The same of a filter without related rows, as a query: they would be asked for once the rows are known.
pub(crate) fn page_for_rule<'a, S: Scope, M: Mode>(
    session: &'a Session<S, M>,
    meta: &'static EntityMeta,
    filter: &Filter,
    rows: u64,
) -> Query<'a, S, M, (Vec<Record>, bool)> {
    let (limit, looks_beyond) = (filter.limit, rows > 1);
    let mut budget = Budget::new(session, &for_rule(session, rows), looks_beyond);
    let form = Form::of(meta, filter, None);
    let asked = form.asked(session, meta, filter, u64::from(looks_beyond), None, &mut budget);
    Query::new(session, vec![asked], move |answers| {
        let mut rows = form.rows(answers.next()?, &mut budget)?;
        let more = budget.end_page(limit, looks_beyond, &mut rows)?;
        keep_reservation(&mut rows, budget.meter);
        Ok((rows, more))
    })
}

fn for_rule<S, M: Mode>(session: &Session<S, M>, rows: u64) -> Limits {
    Limits { max_rows: rows, max_bytes: u64::MAX, ..session.limits }
}

async fn find_up_to<S: Scope, M: Mode>(
    session: &Session<S, M>,
    meta: &'static EntityMeta,
    filter: &Filter,
    looks_beyond: bool,
    limits: &Limits,
) -> StoreResult<(Vec<Record>, bool)> {
    let mut budget = Budget::new(session, limits, looks_beyond);
    if filter.limit.is_some_and(|limit| limit > budget.most) {
        return Err(budget.too_many_rows());
    }
    let mut rows = read(session, meta, filter, u64::from(looks_beyond), None, &mut budget).await?;
    let more = budget.end_page(filter.limit, looks_beyond, &mut rows)?;
    include(session, filter, &mut rows, &mut budget).await?;
    if budget.meter.may_grow_too_long() {
        budget.meter.check_text(json::length(&rows)?)?;
    }
    keep_reservation(&mut rows, budget.meter);
    Ok((rows, more))
}

/// Rows keep the reservation of their answer until the last of them is gone.
fn keep_reservation(rows: &mut [Record], meter: Meter) {
    if let Some(reservation) = Reservation::of(meter) {
        for row in rows {
            row.reservation = Some(reservation.clone());
        }
    }
}

/// What the answer may still take.
struct Budget {
    rows: u64,
    /// What it was of rows at first.
    most: u64,
    meter: Meter,
}

impl Budget {
    /// The row that is looked at beyond the page counts in no limit.
    fn new<S: Scope, M: Mode>(session: &Session<S, M>, limits: &Limits, looks_beyond: bool) -> Self {
        let most = limits.max_rows;
        Self { rows: most + u64::from(looks_beyond), most, meter: session.meter(limits) }
    }

    /// Takes the row beyond a page off, and tells whether there was one.
    fn end_page(&mut self, limit: Option<u64>, looks_beyond: bool, rows: &mut Vec<Record>) -> StoreResult<bool> {
        let more = looks_beyond && limit.is_some_and(|limit| rows.len() as u64 > limit);
        if more {
            rows.pop();
        } else {
            self.take_rows(u64::from(looks_beyond))?;
        }
        Ok(more)
    }

    fn take_rows(&mut self, rows: u64) -> StoreResult<()> {
        self.rows = self.rows.checked_sub(rows).ok_or_else(|| self.too_many_rows())?;
        Ok(())
    }

    fn too_many_rows(&self) -> StoreError {
        StoreError::TooManyRows { limit: self.most }
    }
}

/// Reads rows of one entity, and so many beyond the filter's limit; or the rows of these parents, with the key that leads
/// to them.
async fn read<S: Scope, M: Mode>(
    session: &Session<S, M>,
    meta: &'static EntityMeta,
    filter: &Filter,
    beyond: u64,
    parents: Option<Parents>,
    budget: &mut Budget,
) -> StoreResult<Vec<Record>> {
    let form = Form::of(meta, filter, parents.as_ref().map(|(key, _)| *key));
    let asked = form.asked(session, meta, filter, beyond, parents, budget);
    form.rows(session.answer(asked).await?, budget)
}

/// The form in which rows are read.
struct Form {
    /// The wanted properties, then those that only serve to find related rows and the next page.
    projection: Arc<[&'static Property]>,
    /// How many are wanted.
    shown: usize,
}

impl Form {
    fn of(meta: &'static EntityMeta, filter: &Filter, key: Option<&'static Property>) -> Self {
        let mut wanted: Vec<&'static Property> = match &filter.fields {
            Some(positions) => positions.iter().map(|at| &meta.properties[*at]).collect(),
            None => meta.properties.iter().collect(),
        };
        let shown = wanted.len();
        let order = total_order(meta, filter).into_iter().map(|key| key.property);
        let to_related = filter.include.iter().filter_map(|include| meta.property(include.relation.local));
        for needed in key.into_iter().chain(to_related).chain(order) {
            if !wanted.iter().any(|property| property.name == needed.name) {
                wanted.push(needed);
            }
        }
        Self { projection: wanted.into(), shown }
    }

    /// The statement, which takes the budget's meter along.
    fn asked<S: Scope, M: Mode>(
        &self,
        session: &Session<S, M>,
        meta: &'static EntityMeta,
        filter: &Filter,
        beyond: u64,
        parents: Option<Parents>,
        budget: &mut Budget,
    ) -> Asked {
        // One more than allowed tells a full answer from a cut one. What the budget has left is not asked for: the limit is
        // in the statement's text, of which there would be no end.
        let limit = match filter.limit {
            Some(limit) if parents.is_none() => limit + beyond,
            _ => session.limits.max_rows + 1,
        };
        let most = meter::most_of_row(&self.projection).saturating_mul(limit);
        let operation = Operation::Find { filter, projection: self.projection.clone(), limit, parents };
        Asked { statement: session.confine(meta, operation), meter: std::mem::take(&mut budget.meter), most }
    }

    /// The rows of its answer, with which the meter comes back.
    fn rows(&self, (rows, meter): Counted, budget: &mut Budget) -> StoreResult<Vec<Record>> {
        budget.meter = meter;
        budget.take_rows(rows.len() as u64)?;
        let record = |values| Record {
            properties: self.projection.clone(),
            values,
            shown: self.shown,
            related: Vec::new(),
            reservation: None,
        };
        Ok(rows.into_iter().map(record).collect())
    }
}

/// Loads the included relations of `rows` and hangs them in.
fn include<'a, S: Scope, M: Mode>(
    session: &'a Session<S, M>,
    filter: &'a Filter,
    rows: &'a mut [Record],
    budget: &'a mut Budget,
) -> Pin<Box<dyn Future<Output = StoreResult<()>> + Send + 'a>> {
    Box::pin(async move {
        for wanted in &filter.include {
            load(session, wanted, rows, budget).await?;
        }
        Ok(())
    })
}

async fn load<S: Scope, M: Mode>(
    session: &Session<S, M>,
    wanted: &Include,
    rows: &mut [Record],
    budget: &mut Budget,
) -> StoreResult<()> {
    let relation = wanted.relation;
    let target = (relation.target)();
    let Some(foreign) = target.property(relation.foreign) else {
        return Err(StoreError::Database(
            format!("the relation `{}` names no property of its target", relation.name).into(),
        ));
    };
    let mut keys: Vec<Value> = Vec::new();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(value) = row.key(relation.local) else { continue };
        if let Some(key) = value.to_key() {
            if !places.contains_key(&key) {
                keys.push(value.clone());
            }
            places.entry(key).or_default().push(at);
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    let mut related = read(session, target, &wanted.scope, 0, Some((foreign, keys)), budget).await?;
    include(session, &wanted.scope, &mut related, budget).await?;
    for record in related {
        let key = record.value(foreign).and_then(Value::to_key).unwrap_or_default();
        let places = places.get(&key).map_or(&[][..], Vec::as_slice);
        let copies = places.len().saturating_sub(1) as u64;
        if copies > 0 {
            // The row was counted when it was read; each further copy counts with all that hangs on it, before it is
            // made, or a few rows that include each other would grow without bound.
            let (size, bytes) = record.size();
            budget.take_rows(size.saturating_mul(copies))?;
            budget.meter.add(bytes.saturating_mul(copies))?;
        }
        for (at, record) in places.iter().zip(std::iter::repeat_n(record, places.len())) {
            attach(&mut rows[*at], relation.name, relation.kind, record);
        }
    }
    Ok(())
}

fn attach(row: &mut Record, name: &'static str, kind: RelationKind, record: Record) {
    let place = row.related.iter_mut().find(|(other, _)| *other == name);
    match (kind, place) {
        (RelationKind::HasMany, Some((_, Related::Many(rows)))) => rows.push(record),
        (RelationKind::HasMany, _) => row.related.push((name, Related::Many(vec![record]))),
        (_, None) => row.related.push((name, Related::One(Box::new(record)))),
        (_, Some(_)) => {}
    }
}
