//! The command line: [`run`] reads arguments and configuration, does what one subcommand says, and returns the exit code.

mod arguments;
mod bootstrap;
mod connections;
mod context;
mod failure;
mod health;
mod jobs;
mod keys;
mod mail;
mod manual;
#[cfg(feature = "mcp")]
mod mcp;
mod microservice;
mod migrate;
mod print;
mod program;
mod resource;
mod secret;
mod serve;
mod table;
mod target;
mod token;

use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::Arc;

use self::arguments::{Arguments, Command, parse};
use self::context::Context;
use self::failure::Failure;
pub use self::program::Program;

/// The allocator of our program, for one that mounts this library: jemalloc, which gives lists a quarter more speed than
/// that of the C library (ADR 21); where jemalloc does not exist, the system's.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: user_tenant_service::cli::Allocator = user_tenant_service::cli::ALLOCATOR;
/// # fn main() {}
/// ```
#[cfg(not(target_env = "msvc"))]
pub type Allocator = tikv_jemallocator::Jemalloc;
#[cfg(target_env = "msvc")]
pub type Allocator = std::alloc::System;

/// The only value of [`Allocator`].
#[cfg(not(target_env = "msvc"))]
pub const ALLOCATOR: Allocator = tikv_jemallocator::Jemalloc;
#[cfg(target_env = "msvc")]
pub const ALLOCATOR: Allocator = std::alloc::System;

/// Runs the command line of the process. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 invalid
/// configuration, 4 database not reachable, 5 database schema not ready.
pub async fn run() -> ExitCode {
    Program::new().run().await
}

async fn run_program(program: Program) -> ExitCode {
    match execute(program).await {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has what they want: `| head`.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            print::error(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn execute(program: Program) -> Result<(), Failure> {
    let Some(arguments) = parse()? else { return Ok(()) };
    // These need no configuration, and must work where it is broken.
    let arguments = match arguments {
        Arguments { command: Command::Openapi(options), .. } => return print::openapi(options.format),
        Arguments { command: Command::Errors, .. } => return print::errors(),
        Arguments { command: Command::Microservice(options), .. } => return microservice::microservice(*options),
        Arguments { command: Command::Completions { shell }, .. } => return manual::completions(shell),
        Arguments { command: Command::Man { directory }, .. } => return manual::pages(&directory),
        Arguments { command: Command::Events(options), .. } if options.markdown => return print::events(),
        other => other,
    };
    let context = Arc::new(Context::load(&arguments, program)?);
    #[cfg(feature = "mcp")]
    let reads_input = matches!(arguments.command, Command::Mcp(_));
    let outcome = command(&context, arguments.command).await;
    context.close().await;
    #[cfg(feature = "mcp")]
    if reads_input && outcome.is_ok() {
        drop(context);
        // The runtime would wait for one more line of standard input before it ended.
        std::process::exit(0);
    }
    outcome.map_err(|failure| failure.in_file(&context.config.database))
}

/// Does what a command says that works with the configuration.
async fn command(context: &Arc<Context>, command: Command) -> Result<(), Failure> {
    match command {
        #[cfg(feature = "mcp")]
        Command::Mcp(options) => mcp::mcp(context.clone(), *options).await,
        Command::Serve(options) => serve::serve(context, &options).await,
        Command::Health(options) => health::health(context, &options).await,
        Command::Migrate(action) => migrate::migrate(context, &action).await,
        Command::Bootstrap(options) => bootstrap::bootstrap(context, options).await,
        Command::Token(options) => token::token(context, &options).await,
        Command::Keys(action) => keys::keys(context, &action).await,
        Command::Jobs(action) => jobs::jobs(context, action).await,
        Command::Mail(action) => mail::mail(context, action).await,
        Command::Tenant(action) => resource::tenant(context, *action).await,
        Command::User(action) => resource::user(context, *action).await,
        Command::Role(action) => resource::role(context, *action).await,
        Command::Group(action) => resource::group(context, *action).await,
        Command::Client(action) => resource::client(context, *action).await,
        Command::Invitation(action) => resource::invitation(context, *action).await,
        Command::Permissions(action) => resource::permissions(context, *action).await,
        Command::Events(options) => resource::events(context, *options).await,
        Command::Config(options) => print::configuration(context, &options),
        Command::Openapi(_)
        | Command::Errors
        | Command::Microservice(_)
        | Command::Completions { .. }
        | Command::Man { .. } => Ok(()),
    }
}
