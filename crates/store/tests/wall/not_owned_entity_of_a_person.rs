#[path = "support/entities.rs"]
mod entities;

use user_tenant_store::scope::OwnScope;
use user_tenant_store::session::{Read, Session};

fn of_the_tenant(session: &Session<OwnScope, Read>) {
    session.repository::<entities::Document>();
}

fn of_nobody(session: &Session<OwnScope, Read>) {
    session.repository::<entities::Secret>();
}

fn main() {}
