//! Work in the background: any process of the service takes what is due, does it a step at a time, and tries again what fails.
//!
//! A job is a row of `jobs`. Whoever takes one writes that it is at work until some instant, and moves that instant on while it
//! works; from a process that is killed it is taken once the instant is over. A step is one transaction, which ends with the job's own
//! row: who has lost the job meanwhile commits nothing (ADR 41).

mod at_work;
mod backoff;
mod claim;
mod kind;
mod list;
mod queue;
mod runner;
mod upkeep;
mod work;

pub(crate) use self::kind::{Kind, Periodic};
pub use self::list::JobQuery;
pub(crate) use self::list::{list, retry};
pub use self::runner::JobOptions;
pub(crate) use self::runner::Runner;
pub(crate) use self::upkeep::{EXPIRE_KEYS, FORGET_JOBS, forget, older};
pub(crate) use self::{
    queue::{enqueue, prepared},
    work::{Finished, Work},
};

#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
mod tests;
