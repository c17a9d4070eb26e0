//! Ways into a route for who has no token: what shows that they may, in the head of the request and in its body.

use std::future::ready;
use std::pin::Pin;

use axum::http::HeaderMap;
use serde_json::Value as Json;

use super::guard::{Authorized, Guard};
use crate::error::Result;

/// The proof, or why there is none.
pub(crate) type Admission<'a> = Pin<Box<dyn Future<Output = Result<Authorized>> + Send + 'a>>;

/// How a caller without a token shows that they may call a route. Each is a value beside the route that uses it; the
/// proof itself only the guard makes.
pub(crate) struct Entrance {
    /// What it is, in one sentence for people.
    pub(crate) description: &'static str,
    /// The headers that it reads, each with what it holds.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// Refuses by the head alone what cannot be good, so that its body is not read.
    pub(crate) check_head: fn(&Guard, &HeaderMap) -> Result<()>,
    /// Admits by head and body, before the body is held against its schema.
    pub(crate) admit: for<'a> fn(&'a Guard, &'a HeaderMap, Option<&'a Json>) -> Admission<'a>,
}

/// A secret that the path names, which whoever holds it was given: a rule looks for it by its digest.
pub(crate) static TOKEN_IN_PATH: Entrance = Entrance {
    description: "Needs no token but that of its path.",
    headers: &[],
    check_head: |_, _| Ok(()),
    admit: |_, _, _| Box::pin(ready(Ok(Guard::admit_stranger()))),
};
