//! Which events a reader gets, and where they go on: in the order of the positions, none twice and none left out.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use user_tenant_store::StoreError;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::follow::Positions;
use user_tenant_store::record::{Record, Reservation};
use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::{Read, Session};
use user_tenant_store::value::Value;

use crate::error::Result;
use crate::model::Event;

/// How long a reader waits for those who write, so that what was committed before is there.
const PATIENCE: Duration = Duration::from_millis(100);

/// Steps in the lives of people, which are for those who reach all tenants to know: whose name they are written in says nothing.
const OF_PEOPLE: [&str; 2] = ["person.deactivated", "person.reactivated"];

/// How many positions are looked through at once, to begin with; where that is quick, the next are four times as many.
const WINDOW: i64 = 8_192;
const QUICK: Duration = Duration::from_millis(10);
/// How long a page looks for events.
const LONGEST: Duration = Duration::from_millis(250);

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
    /// Whether it reads for a tenant, which learns nothing of what is done to people in all tenants.
    pub(super) for_tenant: bool,
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin {
    /// Behind this position.
    Behind(i64),
    /// Behind all that is there.
    End,
}

/// A page of events.
pub(super) struct Page<T> {
    /// What was made of each.
    pub(super) events: Vec<T>,
    /// The position to go on behind.
    pub(super) next: i64,
    /// Whether there may be more.
    pub(super) more: bool,
    /// What long rows have reserved among all answers.
    pub(super) reservation: Option<Reservation>,
}

/// The next events, and where to go on. `None` where the reader has read what was never written here: the database is an older
/// one than that which it read.
///
/// It looks through so many positions at once, and so long at most. A condition that fits few lines, or a tenant of which there
/// are few among those of others, has pages without an event.
pub(super) async fn page<S, T>(
    session: &Session<S, Read>,
    wanted: &Wanted,
    begin: Begin,
    tell: impl Fn(Event) -> Result<T>,
) -> Result<Option<Page<T>>>
where
    S: Scope + Sees<Event>,
{
    // First: what is read then is all that there will ever be up to there.
    let Positions { settled, last } = session.settled(PATIENCE).await?;
    let mut page = Page { events: Vec::new(), next: settled, more: false, reservation: None };
    let Begin::Behind(behind) = begin else { return Ok(Some(page)) };
    if behind > last {
        return Ok(None);
    }
    page.next = behind;
    let (since, mut window, mut most) = (Instant::now(), WINDOW, wanted.limit);
    // However long it takes, something is looked through.
    while page.next < settled && page.reservation.is_none() && (page.next == behind || since.elapsed() < LONGEST) {
        let missing = wanted.limit.saturating_sub(page.events.len() as u64).min(most);
        if missing == 0 {
            break;
        }
        let (asked, to) = (Instant::now(), settled.min(page.next.saturating_add(window)));
        let filter = Filter { limit: Some(missing), ..Filter::matching(wanted.predicate(page.next, to)) };
        let rows = match session.repository::<Event>().find(&filter).await {
            // Fewer of them, then.
            Err(StoreError::TooManyBytes { .. }) if missing > 1 => {
                most = (missing / 8).max(1);
                continue;
            }
            rows => rows?,
        };
        page.reservation = rows.first().and_then(Record::reservation);
        let is_full = rows.len() as u64 >= missing;
        page.next = to;
        for row in rows {
            let event: Event = row.into_entity()?;
            if is_full {
                page.next = event.position;
            }
            page.events.push(tell(event)?);
        }
        if is_full {
            break;
        }
        if asked.elapsed() < QUICK {
            window = window.saturating_mul(4);
        }
    }
    page.more = page.next < settled;
    Ok(Some(page))
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
        if self.for_tenant {
            all.push(Event::KIND.is_none_of(OF_PEOPLE));
        }
        if !self.types.is_empty() {
            all.push(Event::KIND.is_one_of(self.types.iter().copied()));
        }
        Predicate::And(all)
    }
}
