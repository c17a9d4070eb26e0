use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Read, Session};
use user_tenant_store::sql::Confined;

async fn query(session: &Session<TenantScope, Read>) {
    let statement = Confined { sql: "SELECT * FROM documents".to_owned(), values: Vec::new(), projection: [].into() };
    let _ = session.query(statement).await;
}

fn main() {}
