//! How many mails one address is sent in a day, and how soon those of one tenant go where it leaves many.

use std::time::Duration;

use time::OffsetDateTime;
use user_tenant_store::filter::{Comparison, Predicate};
use user_tenant_store::query::Query;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use crate::domain::passwords::attempts;
use crate::error::Result;
use crate::mail::MailKind;
use crate::model::Mail;

/// Most mails of a kind that an address is sent in a day: by one tenant, and by all of them. A tenant's first one goes in any case, so
/// that no other tenant can keep it from going.
const BY_ONE: u64 = 5;
const BY_ALL: u64 = 20;
const DAY: Duration = Duration::from_hours(24);
/// So many mails of a tenant go at once; each one behind them waits a little longer, so that those of others go between them.
const AT_ONCE: u64 = 20;
const APART: Duration = Duration::from_millis(100);

/// What an address was sent of a kind, or is about to be, in a day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    by_tenant: u64,
    by_all: u64,
    now: OffsetDateTime,
}

impl Received {
    /// Counts it.
    pub(crate) fn of<'a>(
        session: &'a Session<System, Write>,
        kind: &MailKind,
        tenant: Uuid,
        recipient: &str,
    ) -> Query<'a, System, Write, Self> {
        let now = session.now();
        // What nobody wanted any more went to nobody.
        let goes = Mail::STATE.is_one_of([Mail::WAITING, Mail::SENT, Mail::REFUSED].map(ToOwned::to_owned));
        let goes = Mail::KIND.is(kind.name).and(Some(&goes));
        let lately = Mail::CREATED_ON.compare(Comparison::Greater((now - DAY).into())).and(Some(&goes));
        let by_all = Mail::RECIPIENT.is(recipient).and(Some(&lately));
        let by_tenant = Mail::TENANT_ID.is(tenant).and(Some(&by_all));
        let mails = session.repository::<Mail>();
        session.ask((mails.count(Some(&by_tenant)), mails.count(Some(&by_all)))).map(move |(by_tenant, by_all)| Self {
            by_tenant,
            by_all,
            now,
        })
    }

    /// Refuses another mail to an address that has had as many as it may. A tenant could fill a stranger's mailbox otherwise.
    ///
    /// # Errors
    /// [`crate::error::Error::TooManyAttempts`].
    pub(crate) fn refuse_many(self) -> Result<()> {
        if self.by_tenant >= BY_ONE || (self.by_tenant > 0 && self.by_all >= BY_ALL) {
            return Err(attempts::too_many(self.now + DAY, self.now));
        }
        Ok(())
    }
}

/// The mails of a tenant that wait.
pub(crate) fn waiting_of(tenant: Uuid) -> Predicate {
    Mail::TENANT_ID.is(tenant).and(Some(&Mail::STATE.is(Mail::WAITING)))
}

/// When a mail goes before which so many of its tenant wait; at once where `None`.
pub(crate) fn turn(waiting: u64, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let behind = u32::try_from(waiting.checked_sub(AT_ONCE)?).unwrap_or(u32::MAX);
    Some(now + APART.saturating_mul(behind))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::turn;

    #[test]
    fn the_first_go_at_once_and_the_others_one_after_the_other() {
        let now = datetime!(2026-01-02 03:04:05 UTC);
        assert_eq!((turn(0, now), turn(19, now)), (None, None));
        assert_eq!((turn(20, now), turn(30, now)), (Some(now), Some(datetime!(2026-01-02 03:04:06 UTC))));
        assert_eq!(turn(519, now), Some(datetime!(2026-01-02 03:04:54.9 UTC)), "500 at once are through in a minute");
    }
}
