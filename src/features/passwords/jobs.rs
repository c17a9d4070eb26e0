//! What is forgotten after a while: failures that count no more, and links that are of no use.

use std::time::Duration;

use uuid::uuid;

use crate::domain::passwords::attempts::WINDOW;
use crate::jobs::{Kind, Periodic, forget, older};
use crate::model::{LoginAttempt, PasswordReset};

/// How often is looked for what is old.
const EVERY: Duration = Duration::from_mins(10);
/// For how long a link is told to be over; then it is as if it had never been.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);

/// Forgets failures that count no more.
pub(crate) const FORGET_ATTEMPTS: Kind = Kind {
    name: "login_attempts.forget",
    step: |work| {
        Box::pin(forget::<LoginAttempt>(work, LoginAttempt::ID, |now| older(LoginAttempt::SINCE, now - WINDOW)))
    },
    attempts: Kind::ATTEMPTS,
    at_once: Kind::ALL_PLACES,
    periodic: Some(Periodic { id: uuid!("019a0000-0000-7000-8000-000000000016"), every: EVERY }),
};

/// Forgets links that have been over for long.
pub(crate) const EXPIRE_RESETS: Kind = Kind {
    name: "password_resets.expire",
    step: |work| {
        let old = |now| older(PasswordReset::EXPIRES_ON, now - REMEMBERED);
        Box::pin(forget::<PasswordReset>(work, PasswordReset::ID, old))
    },
    attempts: Kind::ATTEMPTS,
    at_once: Kind::ALL_PLACES,
    periodic: Some(Periodic { id: uuid!("019a0000-0000-7000-8000-000000000017"), every: EVERY }),
};
