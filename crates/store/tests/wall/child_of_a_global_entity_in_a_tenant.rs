#[path = "support/entities.rs"]
mod entities;

use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Session, Write};

fn child(session: &Session<TenantScope, Write>) {
    session.repository::<entities::Key>();
}

fn main() {}
