//! Queries as values: one is asked alone where it is awaited, and several travel together by [`Session::ask`].

use std::pin::Pin;
use std::vec::IntoIter;

use crate::error::{StoreError, StoreResult};
use crate::scope::Scope;
use crate::session::{Asked, Mode, Session, Write};
use crate::sql::{Confined, Counted};

/// What is asked of a session, and what is made of the answer. Nothing happens before it is awaited.
#[must_use = "a query asks nothing until it is awaited"]
pub struct Query<'a, S, M: Mode, T> {
    session: &'a Session<S, M>,
    asked: Vec<Asked>,
    made: Made<'a, T>,
}

/// The answers to the statements of several queries, in their order; each query takes its own.
pub(crate) struct Answers(IntoIter<Counted>);

type Made<'a, T> = Box<dyn FnOnce(&mut Answers) -> StoreResult<T> + Send + 'a>;

impl Answers {
    /// The answer to the next statement.
    pub(crate) fn next(&mut self) -> StoreResult<Counted> {
        self.0.next().ok_or(StoreError::Aborted)
    }
}

impl<'a, S: Scope, M: Mode, T: 'a> Query<'a, S, M, T> {
    /// Statements of the session, and what is made of their answers, of which it takes as many.
    pub(crate) fn new(
        session: &'a Session<S, M>,
        asked: Vec<Asked>,
        made: impl FnOnce(&mut Answers) -> StoreResult<T> + Send + 'a,
    ) -> Self {
        Self { session, asked, made: Box::new(made) }
    }

    /// What is known without a statement.
    pub(crate) fn known(session: &'a Session<S, M>, answer: T) -> Self
    where
        T: Send,
    {
        Self::new(session, Vec::new(), |_| Ok(answer))
    }

    /// The same query, of whose answer something else is made.
    pub fn map<U: 'a>(self, change: impl FnOnce(T) -> U + Send + 'a) -> Query<'a, S, M, U> {
        self.try_map(|answer| Ok(change(answer)))
    }

    /// The same query, whose rows stay as they are until the transaction ends: others may read and hold them meanwhile.
    pub(crate) fn held(mut self) -> Self {
        let dialect = self.session.dialect();
        self.asked.iter_mut().for_each(|asked| asked.statement.hold_rows(dialect));
        self
    }

    /// The same, where it can fail.
    pub(crate) fn try_map<U: 'a>(self, change: impl FnOnce(T) -> StoreResult<U> + Send + 'a) -> Query<'a, S, M, U> {
        let Self { session, asked, made } = self;
        Query::new(session, asked, |answers| change(made(answers)?))
    }
}

impl<S: Scope, M: Mode> Session<S, M> {
    /// Several queries as one: a tuple of them, or one that is asked only where it is there. In a transaction they are carried
    /// out in this order, so that what is read behind a lock is read under it, and on `PostgreSQL` they travel in one packet.
    /// Outside one they are asked at once, in no order. The first one that fails, fails all.
    ///
    /// ```no_run
    /// # use user_tenant_store::{Entity, StoreResult};
    /// # use user_tenant_store::scope::{Sees, TenantScope};
    /// # use user_tenant_store::session::{Session, Write};
    /// # async fn example<E: Entity>(session: Session<TenantScope, Write>, id: uuid::Uuid) -> StoreResult<()>
    /// # where TenantScope: Sees<E> {
    /// let rows = session.repository::<E>();
    /// let (is_there, row, all) = session.ask((rows.lock_by_id(id), rows.get(id), rows.count(None))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ask<'a, Q: Queries<'a, S, M>>(&'a self, queries: Q) -> Query<'a, S, M, Q::Answer> {
        queries.together(self)
    }
}

impl<S: Scope> Session<S, Write> {
    /// Keeps other transactions that name one of these texts here waiting until this one ends: for rules between rows that no
    /// constraint holds. What is read from then on holds until the commit, as far as all who write it do the same.
    ///
    /// # Errors
    /// When the database fails.
    pub fn serialize_on(&self, texts: &[String]) -> Query<'_, S, Write, ()> {
        match Confined::serialize(self.dialect(), texts) {
            Some(statement) if !texts.is_empty() => {
                Query::new(self, vec![self.asked(statement)], |answers| answers.next().map(drop))
            }
            _ => Query::known(self, ()),
        }
    }

    /// Keeps other transactions that name this text here off until this one ends; false where another one does that already. On
    /// `SQLite`, which has one writer at a time, it is true.
    ///
    /// # Errors
    /// When the database fails.
    pub fn try_serialize_on(&self, text: &str) -> Query<'_, S, Write, bool> {
        match Confined::try_serialize(self.dialect(), text) {
            Some(statement) => {
                Query::new(self, vec![self.asked(statement)], |answers| Ok(!answers.next()?.0.is_empty()))
            }
            None => Query::known(self, true),
        }
    }
}

/// What [`Session::ask`] takes.
pub trait Queries<'a, S, M: Mode> {
    /// The answers to all of them.
    type Answer;

    /// All as one query of the session, whose they must be.
    #[doc(hidden)]
    fn together(self, session: &'a Session<S, M>) -> Query<'a, S, M, Self::Answer>;
}

impl<'a, S: Scope, M: Mode, T: 'a> Queries<'a, S, M> for Query<'a, S, M, T> {
    type Answer = T;

    fn together(self, session: &'a Session<S, M>) -> Self {
        // Statements of another session reach what that one sees, in another transaction.
        if std::ptr::eq(self.session, session) {
            self
        } else {
            Self::new(session, Vec::new(), |_| Err(StoreError::OutsideScope))
        }
    }
}

impl<'a, S: Scope, M: Mode, Q: Queries<'a, S, M>> Queries<'a, S, M> for Option<Q>
where
    Q::Answer: Send + 'a,
{
    type Answer = Option<Q::Answer>;

    fn together(self, session: &'a Session<S, M>) -> Query<'a, S, M, Self::Answer> {
        match self {
            Some(query) => query.together(session).map(Some),
            None => Query::known(session, None),
        }
    }
}

macro_rules! tuples {
    ($(($($query:ident),+);)+) => { $(
        #[allow(non_snake_case, reason = "a query is called as its type is")]
        impl<'a, S: Scope, M: Mode, $($query: Queries<'a, S, M>),+> Queries<'a, S, M> for ($($query,)+)
        where
            $($query::Answer: 'a),+
        {
            type Answer = ($($query::Answer,)+);

            fn together(self, session: &'a Session<S, M>) -> Query<'a, S, M, Self::Answer> {
                let ($($query,)+) = self;
                let mut asked = Vec::new();
                $(
                    let query = $query.together(session);
                    asked.extend(query.asked);
                    let $query = query.made;
                )+
                Query::new(session, asked, |answers| Ok(($($query(answers)?,)+)))
            }
        }
    )+ };
}

tuples! {
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, F);
}

impl<'a, S: Scope, M: Mode, T: 'a> IntoFuture for Query<'a, S, M, T> {
    type Output = StoreResult<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = StoreResult<T>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { session, asked, made } = self;
        Box::pin(async move {
            let answers = session.answers(asked).await?;
            made(&mut Answers(answers.into_iter()))
        })
    }
}

impl<S, M: Mode, T> std::fmt::Debug for Query<'_, S, M, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").field("statements", &self.asked.len()).finish_non_exhaustive()
    }
}
