use serde::Deserialize;
use user_tenant_store::Entity;
use uuid::Uuid;

#[derive(Deserialize, Entity)]
#[entity(table = "strays")]
struct Stray {
    #[property(id)]
    id: Uuid,
}

fn main() {}
