//! What a transaction tells the audit log, from its beginning and whenever that changes.

use std::sync::Arc;

use uuid::Uuid;

use crate::audit::{Actor, Context, Said};
use crate::executor::{Executor as _, Mode, Reader, Write};
use crate::scope::Scope;
use crate::session::Session;

impl<S: Scope, M: Mode> Session<S, M> {
    /// Says of what follows what the context is. Nobody is told who only reads.
    pub(crate) fn say(&mut self) {
        if let Reader::Transaction(transaction) = self.executor.reader() {
            let tenant = self.scope.wall().tenant();
            self.said = transaction.say(&Said::new(&self.actor, &self.context, tenant));
        }
    }
}

impl<S> Session<S, Write> {
    /// In whose name it writes, and what else the audit log says of it.
    pub fn author(&self) -> (&Actor, &Context) {
        (&self.actor, &self.context)
    }
}

impl<S: Scope> Session<S, Write> {
    /// The same transaction. What follows is logged with this context, in place of the one before.
    #[must_use]
    pub fn about(mut self, context: Context) -> Self {
        self.context = context;
        self.say();
        self
    }

    /// The same transaction. What follows is logged with this reason, or with none.
    #[must_use]
    pub fn because(self, reason: Option<&str>) -> Self {
        let context = Context { reason: reason.map(Arc::from), ..self.context.clone() };
        self.about(context)
    }

    /// The same transaction. What follows is logged as done in this tenant's name, where neither row nor scope says it.
    #[must_use]
    pub fn in_name_of(self, tenant: Uuid) -> Self {
        let context = Context { tenant: Some(tenant), ..self.context.clone() };
        self.about(context)
    }
}
