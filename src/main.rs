//! The binary: everything is in [`user_tenant_service::cli`].

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    user_tenant_service::cli::run().await
}
