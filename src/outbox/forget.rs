//! Forgetting mails that are over, with the addresses that they went to.

use std::time::Duration;

use user_tenant_store::filter::{Comparison, Predicate};
use uuid::uuid;

use crate::jobs::{Kind, Periodic, forget, older};
use crate::model::Mail;

/// How long the outbox tells what became of a mail.
const REMEMBERED: Duration = Duration::from_hours(7 * 24);

/// How long a mail waits at most. One whose job was given up, or is gone, waits for nothing.
const LONGEST_WAIT: Duration = Duration::from_hours(14 * 24);

/// Forgets mails that are over.
pub(crate) const FORGET_MAILS: Kind = Kind {
    name: "mails.forget",
    step: |work| {
        Box::pin(forget::<Mail>(work, Mail::ID, |now| {
            let over = Mail::FINISHED_ON.compare(Comparison::Less((now - REMEMBERED).into()));
            Predicate::Or(vec![over, older(Mail::CREATED_ON, now - LONGEST_WAIT)])
        }))
    },
    attempts: Kind::ATTEMPTS,
    at_once: Kind::ALL_PLACES,
    periodic: Some(Periodic { id: uuid!("019a0000-0000-7000-8000-000000000004"), every: Duration::from_mins(10) }),
};
