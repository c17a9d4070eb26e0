//! The outbox: mails are left in it with what they are about, in one transaction, and sent by a job. So a mail server that is down loses
//! nothing, and delays no request.

mod bounds;
mod forget;
mod post;
mod send;
mod trial;

pub(crate) use self::bounds::{Received, waiting_of};
pub(crate) use self::forget::FORGET_MAILS;
pub(crate) use self::post::{Post, post, prepared, supersede};
pub(crate) use self::send::SEND;
pub(crate) use self::trial::TRIAL;

#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
mod tests;
