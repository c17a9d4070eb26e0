#[path = "support/entities.rs"]
mod entities;

use entities::Document;
use user_tenant_store::StoreResult;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Read, Session};
use uuid::Uuid;

async fn write(session: &Session<TenantScope, Read>, id: Uuid) -> StoreResult<()> {
    let documents = session.repository::<Document>();
    documents.create(New::empty()).await?;
    documents.create_all(Vec::new()).await?;
    documents.update_by_id(id, Patch::empty()).await?;
    documents.update_all(None, Patch::empty()).await?;
    documents.replace_by_id(id, Patch::empty()).await?;
    documents.delete_by_id(id).await?;
    documents.delete_all(None).await?;
    documents.destroy_by_id(id).await?;
    Ok(())
}

fn main() {}
