//! Which events a reader gets, and where they go on: in the order of the positions, none twice and none left out.

use std::time::Duration;

use time::OffsetDateTime;
use user_tenant_store::StoreResult;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::Record;
use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::{Read, Session};
use user_tenant_store::value::Value;

use crate::error::Result;
use crate::model::Event;

/// How long a reader waits for those who write, so that what was committed before is there.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a reader wants.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Of these types; of none named, all.
    pub(super) types: Vec<&'static str>,
    /// About this row.
    pub(super) subject: Option<String>,
    /// By whom.
    pub(super) actor: Option<String>,
    /// Not before.
    pub(super) from: Option<OffsetDateTime>,
    /// Before.
    pub(super) to: Option<OffsetDateTime>,
    /// At most so many.
    pub(super) limit: u64,
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin {
    /// Behind this position.
    Behind(i64),
    /// Behind all that is there.
    End,
}

/// The next events, and the position to go on behind.
pub(super) async fn page<S>(session: &Session<S, Read>, wanted: &Wanted, begin: Begin) -> Result<(Vec<Event>, i64)>
where
    S: Scope + Sees<Event>,
{
    // First: what is read then is all that there will ever be up to there.
    let settled = session.settled(PATIENCE).await?;
    let Begin::Behind(behind) = begin else { return Ok((Vec::new(), settled)) };
    if behind >= settled {
        return Ok((Vec::new(), behind));
    }
    let filter = Filter { limit: Some(wanted.limit), ..Filter::matching(wanted.predicate(behind, settled)) };
    let rows = session.repository::<Event>().find(&filter).await?;
    let events: Vec<Event> = rows.into_iter().map(Record::into_entity).collect::<StoreResult<_>>()?;
    let is_full = u64::try_from(events.len()).is_ok_and(|found| found >= wanted.limit);
    let next = events.last().filter(|_| is_full).map_or(settled, |last| last.position);
    Ok((events, next))
}

impl Wanted {
    fn predicate(&self, behind: i64, settled: i64) -> Predicate {
        let mut all = vec![
            Event::POSITION.compare(Comparison::Greater(Value::Integer(behind))),
            Event::POSITION.compare(Comparison::LessOrEqual(Value::Integer(settled))),
        ];
        let text = |text: &String| Comparison::Equal(Value::Text(text.clone()));
        all.extend(self.subject.as_ref().map(|subject| Event::ENTITY_ID.compare(text(subject))));
        all.extend(self.actor.as_ref().map(|actor| Event::USER_ID.compare(text(actor))));
        all.extend(self.from.map(|from| Event::TIME.compare(Comparison::GreaterOrEqual(Value::Timestamp(from)))));
        all.extend(self.to.map(|to| Event::TIME.compare(Comparison::Less(Value::Timestamp(to)))));
        if !self.types.is_empty() {
            all.push(Event::KIND.is_one_of(self.types.iter().copied()));
        }
        Predicate::And(all)
    }
}
