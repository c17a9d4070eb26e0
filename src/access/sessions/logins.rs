//! The sessions of what people log in with: several in a row, since nobody holds a transaction while a password is hashed.

use user_tenant_store::audit::{Actor, ActorKind, Context};
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Read, Session, Write};

use super::{CallerSessions, Sessions};
use crate::domain::passwords::Passwords;
use crate::error::Result;
use crate::model::MembershipAcceptance;

/// Ways to the passwords of people, in somebody's name.
#[derive(Clone)]
pub(crate) struct Logins {
    all: Sessions,
    actor: Actor,
    context: Context,
}

impl Sessions {
    /// Those of whoever has the database itself.
    pub(crate) fn logins(&self, kind: ActorKind) -> Logins {
        let context = Context { kind: Some(kind), ..Context::default() };
        Logins { all: self.clone(), actor: Actor::SYSTEM, context }
    }
}

impl CallerSessions {
    /// Those in the caller's name.
    pub(crate) fn logins(&self) -> Logins {
        Logins { all: self.all.clone(), actor: self.actor(), context: self.context() }
    }
}

impl Logins {
    /// Reads past the wall.
    pub(crate) fn read(&self) -> Session<System, Read> {
        self.all.read_system(SystemReason::Logins)
    }

    /// Writes past the wall.
    pub(crate) async fn write(&self) -> Result<Session<System, Write>> {
        Ok(self.all.write_system_as(SystemReason::Logins, self.actor, self.context.clone()).await?)
    }

    /// What is done with passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        self.all.passwords()
    }

    /// When memberships beside a person's home are active.
    pub(crate) fn acceptance(&self) -> MembershipAcceptance {
        self.all.acceptance()
    }
}
