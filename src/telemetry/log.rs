//! The log: text with colours on a terminal, JSON lines elsewhere, always to standard error, and never waited for.

use std::io::{self, IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{self, MakeWriter};

/// How many lines wait for a reader that is behind; what comes then is dropped. A line has some hundred bytes.
const LINES: usize = 8_192;
/// How long the end of the process waits for the last lines to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Lines that the log was given.
static GIVEN: AtomicUsize = AtomicUsize::new(0);
/// Lines that are through, written or not.
static THROUGH: AtomicUsize = AtomicUsize::new(0);
/// Lines that could not be written.
static UNWRITTEN: AtomicUsize = AtomicUsize::new(0);
/// Lines for which there was no room.
static OVERFLOWN: OnceLock<ErrorCounter> = OnceLock::new();

/// The log of the process, for as long as this lives. Dropping it writes what waits, for a second at most.
///
/// The guard of the library is never dropped. Where the queue is full it prints a line to standard output, which may be the
/// pipe that nobody reads.
#[derive(Debug)]
pub(crate) struct Log(#[expect(dead_code, reason = "the writer ends with it")] ManuallyDrop<WorkerGuard>);

impl Drop for Log {
    fn drop(&mut self) {
        let begun = Instant::now();
        while !is_written() && begun.elapsed() < LAST_LINES {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Starts the log of the process; a second call changes nothing.
pub(crate) fn start(level: &str, json: Option<bool>) -> Log {
    let terminal = io::stderr().is_terminal();
    let mut filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // The driver would log every statement with its parameters, the MCP library every session from start to end, the
    // client of HTTP the name and password in an address.
    for quieter in ["tokio_postgres=info", "rmcp=warn", "hyper_util=info"] {
        match quieter.parse() {
            Ok(directive) if !matches!(level, "off" | "error" | "warn") => filter = filter.add_directive(directive),
            _ => {}
        }
    }
    let builder = NonBlockingBuilder::default().buffered_lines_limit(LINES).lossy(true).thread_name("log");
    let (writer, guard) = builder.finish(StandardError);
    let _ = OVERFLOWN.set(writer.error_counter());
    let log =
        fmt::fmt().with_env_filter(filter).with_writer(Lines(writer)).with_ansi(terminal).log_internal_errors(false);
    // Fails only where a host application has set a log already, which then stays.
    let _ = if json.unwrap_or(!terminal) { log.json().flatten_event(true).try_init() } else { log.try_init() };
    Log(ManuallyDrop::new(guard))
}

/// How many lines the log of this process has lost since its start.
pub(crate) fn dropped_lines() -> u64 {
    overflown().saturating_add(UNWRITTEN.load(Ordering::Relaxed)) as u64
}

fn overflown() -> usize {
    OVERFLOWN.get().map_or(0, ErrorCounter::dropped_lines)
}

/// Whether no line waits.
fn is_written() -> bool {
    THROUGH.load(Ordering::Acquire) + overflown() >= GIVEN.load(Ordering::Acquire)
}

/// The queue of lines. Each is one write.
struct Lines(NonBlocking);

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        GIVEN.fetch_add(1, Ordering::AcqRel);
        self.0.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard error, of which a line that cannot be written is counted and forgotten: nothing else may fail for it.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if io::stderr().write_all(line).is_err() {
            UNWRITTEN.fetch_add(1, Ordering::Relaxed);
        }
        THROUGH.fetch_add(1, Ordering::AcqRel);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
