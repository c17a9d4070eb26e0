#[path = "support/entities.rs"]
mod entities;

use user_tenant_store::scope::{AllTenants, CallerScope, TenantScope};
use user_tenant_store::session::{Read, Session};

fn of_one(session: &Session<TenantScope, Read>) {
    session.repository::<entities::Secret>();
}

fn of_all(session: &Session<AllTenants, Read>) {
    session.repository::<entities::Secret>();
}

fn of_the_caller(session: &Session<CallerScope, Read>) {
    session.repository::<entities::Secret>();
}

fn main() {}
