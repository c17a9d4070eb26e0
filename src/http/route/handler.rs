//! Functions that answer a route: sessions first, then what they take of the request, in any order.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use super::Row;
use super::answer::{Answer, Reply};
use super::argument::{Argument, Part};
use super::call::Call;
use crate::access::sessions::CallerSessions;
use crate::error::Result;

/// An answer on its way.
type Answering = Pin<Box<dyn Future<Output = Result<Reply>> + Send>>;

/// Answers a checked request of a caller with these sessions.
pub(crate) type Handle = Arc<dyn Fn(CallerSessions, Call) -> Answering + Send + Sync>;

/// A function whose arguments and result say what its route takes and answers.
pub(crate) trait Handler<Arguments> {
    /// What the row of its route says of query, body and answer.
    fn row() -> Row;

    /// The function, for requests of any shape.
    fn handle(self) -> Handle;
}

/// Whether no two arguments take the same part of a request.
const fn are_distinct(parts: &[Part]) -> bool {
    let mut one = 0;
    while one < parts.len() {
        let mut other = one + 1;
        while other < parts.len() {
            if parts[one] as u8 == parts[other] as u8 {
                return false;
            }
            other += 1;
        }
        one += 1;
    }
    true
}

macro_rules! handlers {
    ($($($argument:ident $name:ident)*;)+) => { $(
        impl<F, Answers, T, $($argument),*> Handler<($($argument,)*)> for F
        where
            F: Fn(CallerSessions, $($argument),*) -> Answers + Copy + Send + Sync + 'static,
            Answers: Future<Output = Result<T>> + Send + 'static,
            T: Answer,
            $($argument: Argument,)*
        {
            fn row() -> Row {
                const { assert!(are_distinct(&[$($argument::PART),*]), "two arguments take the same part of a request") };
                let row = Row::answering(T::shape());
                $(let row = $argument::declare(row);)*
                row
            }

            fn handle(self) -> Handle {
                Arc::new(move |sessions, mut call| {
                    // Not every handler takes something.
                    let _ = &mut call;
                    $(let $name = match $argument::take(&mut call) {
                        Ok(taken) => taken,
                        Err(error) => return Box::pin(ready(Err(error))),
                    };)*
                    // Called within: made before, the handler's future would take its room twice, as what is kept and as
                    // what is waited for.
                    Box::pin(async move { Ok(self(sessions, $($name),*).await?.into_reply()) })
                })
            }
        }
    )+ };
}

handlers! {
    ;
    A a;
    A a B b;
    A a B b C c;
}

#[cfg(test)]
mod tests {
    use super::{Part, are_distinct};

    #[test]
    fn two_arguments_of_one_part_do_not_compile() {
        const { assert!(are_distinct(&[]) && are_distinct(&[Part::Path, Part::Query, Part::Body])) };
        const { assert!(!are_distinct(&[Part::Body, Part::Path, Part::Body])) };
    }
}
