//! The binary: everything is in [`user_tenant_service::cli`].

use std::process::ExitCode;

use user_tenant_service::cli;

#[global_allocator]
static ALLOCATOR: cli::Allocator = cli::ALLOCATOR;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run().await
}
