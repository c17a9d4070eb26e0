//! Who sends a request: authenticators in a row, each of which recognises one kind of credential and yields the same [`Caller`].

use std::pin::Pin;
use std::sync::Arc;

use axum::http::request::Parts;

use super::caller::Caller;
use super::token::TokenError;

/// A caller on the way, or why there is none.
pub(crate) type Authenticating<'a> = Pin<Box<dyn Future<Output = Result<Arc<Caller>, TokenError>> + Send + 'a>>;

/// Recognises one kind of credential, and finds the caller that it stands for.
pub(crate) trait Authenticator: Send + Sync {
    /// Whether the head of a request holds a credential of this kind, good or bad: no other authenticator is asked then.
    fn recognises(&self, head: &Parts) -> bool;

    /// The caller that the credential stands for.
    fn caller<'a>(&'a self, head: &'a Parts) -> Authenticating<'a>;
}

/// All kinds of credentials that are taken, in the order in which they are looked for.
pub(crate) struct Authenticators(Vec<Box<dyn Authenticator>>);

impl Authenticators {
    /// Asks these, the first of them first.
    pub(crate) fn new(row: Vec<Box<dyn Authenticator>>) -> Self {
        Self(row)
    }

    /// The caller of a request with this head. The first authenticator that recognises its credential decides, so that a
    /// bad credential of one kind is never made good by one of another.
    pub(super) async fn caller(&self, head: &Parts) -> Result<Arc<Caller>, TokenError> {
        match self.0.iter().find(|authenticator| authenticator.recognises(head)) {
            Some(authenticator) => authenticator.caller(head).await,
            None => Err(TokenError::Missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::Arc;

    use axum::http::Request;
    use axum::http::request::Parts;
    use uuid::Uuid;

    use super::{Authenticating, Authenticator, Authenticators};
    use crate::access::caller::Caller;
    use crate::access::token::{InvalidReason, TokenError};

    /// Takes the header of this name for the id of a user.
    struct ByHeader(&'static str);

    impl Authenticator for ByHeader {
        fn recognises(&self, head: &Parts) -> bool {
            head.headers.contains_key(self.0)
        }

        fn caller<'a>(&'a self, head: &'a Parts) -> Authenticating<'a> {
            let id = head.headers[self.0].to_str().unwrap().parse();
            let caller = id.map(|id| Arc::new(Caller::provisioner(id)));
            Box::pin(ready(caller.map_err(|_| TokenError::Invalid(InvalidReason::Malformed))))
        }
    }

    #[tokio::test]
    async fn the_first_that_recognises_a_credential_decides() {
        let row = Authenticators::new(vec![Box::new(ByHeader("x-first")), Box::new(ByHeader("x-second"))]);
        let (one, other) = (Uuid::from_u128(1).to_string(), Uuid::from_u128(2).to_string());
        for (headers, expected) in [
            (vec![], Err("missing")),
            (vec![("x-second", other.as_str())], Ok(2)),
            (vec![("x-second", other.as_str()), ("x-first", one.as_str())], Ok(1)),
            (vec![("x-first", "bad"), ("x-second", other.as_str())], Err("malformed_token")),
        ] {
            let request =
                headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
            let (head, ()) = request.body(()).unwrap().into_parts();
            let found = row.caller(&head).await;
            assert_eq!(
                found.map(|caller| caller.id.as_u128()).map_err(|error| error.reason()),
                expected,
                "{headers:?}"
            );
        }
    }
}
