//! `serve`: opens the database, makes it ready where it is embedded, and answers requests until told to stop.

use std::future::{Future, pending};
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal;
use tokio::sync::watch;
use user_tenant_store::scope::SystemReason;

use super::arguments::{BootstrapOptions, ServeOptions, TokenOptions};
use super::bootstrap::wanted;
use super::connections;
use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use super::token::mint;
use crate::builder::UserTenantService;
use crate::domain::bootstrap::{Entry, bootstrap};
use crate::error::Error;
use crate::model::Tenant;

/// Life of the token that the first start prints.
const FIRST_TOKEN_LIFE: Duration = Duration::from_hours(12);
/// Most connections at once to the pages for operators.
const OPERATORS_PLACES: usize = 64;

/// Serves as configured.
pub(super) async fn serve(context: &Context, options: &ServeOptions) -> Result<(), Failure> {
    let config = &context.config;
    let listener = listen("HOST and PORT", &config.host, config.port).await?;
    let admin = match &config.admin {
        Some((host, port)) => Some(listen("ADMIN_HOST and ADMIN_PORT", host, *port).await?),
        None => None,
    };
    // Only now: a start that fails for its address must not use up the first token.
    let service = context.build(context.service()?.migrate(options.migrate || config.embedded)).await?;
    if context.program.own_verifier().is_none() {
        tracing::info!(
            verifier = config.verifier.fits(),
            revocations = config.revocations.is_some(),
            "tokens of the authentication service"
        );
    }
    let first_start = config.embedded && first_start(context, &service).await?;
    let url = format!("http://{}{}", listener.local_addr()?, config.base_path);
    // Whoever reads the address may tell us to stop at once.
    let stop = stop_signal();
    let (working, mut stopped) = watch::channel(());
    let stop = async move {
        stop.await;
        drop(working);
    };
    // What is no terminal is kept, and read by others.
    let is_shown = options.show_token || std::io::stdout().is_terminal();
    let operators_at = admin.as_ref().map(TcpListener::local_addr).transpose()?;
    match announce(context, &service, &url, operators_at, first_start && is_shown).await {
        // Requests can be answered all the same.
        Err(Failure::Output(error)) => tracing::warn!(%error, "where the service runs could not be printed"),
        outcome => outcome?,
    }
    let router = match config.base_path.as_str() {
        "" => service.router(),
        prefix => Router::new().nest(prefix, service.router()),
    };
    let limits = connections::Limits::of(config);
    let metrics = service.service().metrics.clone();
    let ended = move |bound| metrics.connection_ended(bound);
    let jobs = config.jobs.map(|options| {
        let (service, stopped) = (service.clone(), async move { while stopped.changed().await.is_ok() {} });
        tokio::spawn(async move { service.run_jobs(options, stopped).await })
    });
    let operators = serve_operators(admin, service.operators_router(), limits.clone(), ended.clone());
    tokio::select! {
        () = connections::serve(listener, router, stop, limits, ended) => {}
        () = operators => {}
    }
    // They were told at the same time, and have their own grace.
    if let Some(jobs) = jobs
        && let Err(error) = jobs.await
    {
        tracing::error!(%error, "jobs were broken off");
    }
    Ok(())
}

async fn listen(settings: &str, host: &str, port: u16) -> Result<TcpListener, Failure> {
    let address = format!("{host}:{port}");
    TcpListener::bind(&address)
        .await
        .map_err(|error| Failure::Configuration(format!("{settings}: {address} cannot be listened on: {error}")))
}

/// Serves the pages for operators on their listener, if there is one, until the last request of the others is answered:
/// a service that stops must not look dead before.
async fn serve_operators(
    listener: Option<TcpListener>,
    router: Router,
    limits: connections::Limits,
    ended: impl Fn(connections::Bound) + Clone + Send + 'static,
) {
    let Some(listener) = listener else { return pending().await };
    let limits = connections::Limits { most: OPERATORS_PLACES, most_per_address: 0, ..limits };
    connections::serve(listener, router, pending(), limits, ended).await;
}

/// Makes the first tenant of an empty embedded database; true when it did.
async fn first_start(context: &Context, service: &UserTenantService) -> Result<bool, Failure> {
    let sessions = service.sessions();
    let tenants = sessions.read_system(SystemReason::Bootstrap).repository::<Tenant>().count(None).await;
    if tenants.map_err(Error::from)? > 0 {
        return Ok(false);
    }
    let session = sessions.write_system(SystemReason::Bootstrap).await.map_err(Error::from)?;
    match bootstrap(session, wanted(context, BootstrapOptions::default()), Entry::default()).await {
        Ok(made) => {
            made.into_inner();
            Ok(true)
        }
        // Another process was first.
        Err(Error::Taken(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Prints where the service is and how to talk to it, with a token or how to come by one.
async fn announce(
    context: &Context,
    service: &UserTenantService,
    url: &str,
    operators: Option<SocketAddr>,
    with_token: bool,
) -> Result<(), Failure> {
    say(&format!("User Tenant Service {} is running at {url}", env!("CARGO_PKG_VERSION")))?;
    say(&format!("Explorer  {url}/explorer/"))?;
    let secret = if with_token { context.signing_secret()? } else { None };
    if let Some(secret) = secret {
        let options = TokenOptions { user_tenant: None, permissions: Vec::new(), life: FIRST_TOKEN_LIFE, master: true };
        let token = mint(context, service.sessions(), &options, &secret).await?;
        say(&format!("\nAdministrator's token, valid for 12 hours:\n{token}\n"))?;
        say(&format!("Try it:\ncurl -H 'Authorization: Bearer {token}' {url}/tenants"))?;
    } else if context.config.embedded && context.program.own_verifier().is_none() {
        say(&format!("Mint a token with:  {} token --master", program()))?;
    }
    match operators {
        Some(address) => say(&format!("Operators http://{address}/metrics")),
        None => Ok(()),
    }
}

/// Done when the process is told to stop, by `SIGTERM`, `SIGQUIT`, Ctrl-C, or the end of the terminal that it was started at; they
/// are watched from the call on.
pub(in crate::cli) fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    let stopped = {
        use signal::unix::{SignalKind, signal};
        let [terminated, interrupted, quit, hung_up] =
            [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit(), SignalKind::hangup()].map(signal);
        let at_terminal = std::io::stdin().is_terminal();
        async move {
            tokio::select! {
                () = received(terminated) => {}
                () = received(interrupted) => {}
                () = received(quit) => {}
                () = terminal_ended(hung_up, at_terminal) => {}
            }
        }
    };
    #[cfg(not(unix))]
    let stopped = async {
        // An error leaves nothing to wait for but the end of the process.
        if signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    };
    async {
        stopped.await;
        tracing::info!("stopping: no new connections, requests at work are finished");
    }
}

/// Done when the terminal has ended, if there was one. Elsewhere SIGHUP asks to read settings anew, which only a restart
/// does; to stop for it would cut off who is served.
#[cfg(unix)]
async fn terminal_ended(signal: std::io::Result<signal::unix::Signal>, at_terminal: bool) {
    match signal {
        Ok(mut signal) => {
            while signal.recv().await.is_some() {
                if at_terminal {
                    return;
                }
                tracing::info!("SIGHUP changes nothing: settings are read at the start");
            }
            pending::<()>().await;
        }
        failed => received(failed).await,
    }
}

#[cfg(unix)]
async fn received(signal: std::io::Result<signal::unix::Signal>) {
    match signal {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            tracing::error!(%error, "a signal to stop cannot be watched");
            pending::<()>().await;
        }
    }
}
