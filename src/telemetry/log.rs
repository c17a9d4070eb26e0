//! The log: text with colours on a terminal, JSON lines elsewhere, always to standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Starts the log of the process; a second call changes nothing.
pub(crate) fn start(level: &str, json: Option<bool>) {
    let terminal = std::io::stderr().is_terminal();
    let mut filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // The driver would log every statement with its parameters, the MCP library every session from start to end, the
    // client of HTTP the name and password in an address.
    for quieter in ["tokio_postgres=info", "rmcp=warn", "hyper_util=info"] {
        match quieter.parse() {
            Ok(directive) if !matches!(level, "off" | "error" | "warn") => filter = filter.add_directive(directive),
            _ => {}
        }
    }
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal);
    // Fails only where a host application has set a log already, which then stays.
    let _ = if json.unwrap_or(!terminal) { log.json().flatten_event(true).try_init() } else { log.try_init() };
}
