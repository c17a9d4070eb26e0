//! x
use user_tenant_service::{UserTenantService, Verifier, store::session::*};
#[tokio::main]
async fn main() {
    let url = std::env::var("DATABASE_URL").unwrap();
    let db = if let Some(p) = url.strip_prefix("sqlite:") { DatabaseOptions::Sqlite(SqliteOptions::new(p)) } else { DatabaseOptions::Postgres(PostgresOptions::new(url)) };
    let s = UserTenantService::builder(db).verifier(Verifier::JwtKeys { issuer: std::env::var("JWT_ISSUER").unwrap() }).caller_cache(std::time::Duration::ZERO).migrate(true).build().await.unwrap();
    let l = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", std::env::var("PORT").unwrap())).await.unwrap();
    axum::serve(l, s.router()).await.unwrap();
}
