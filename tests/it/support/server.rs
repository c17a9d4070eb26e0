//! The built program as a process: migrates its database, serves on a free port, ends with the test.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::http::{self, Message};
use super::token;

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_mins(1);

/// A running service.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    directory: TempDir,
}

impl Server {
    /// Migrates the database, starts the service on it and waits until it is ready.
    ///
    /// The service verifies the tokens of [`token`] and looks at its callers anew for each request;
    /// `settings` are environment variables that come on top.
    pub(crate) fn start(database_url: &str, settings: &[(&str, &str)]) -> Self {
        Self::migrate(database_url);
        let directory = tempfile::tempdir().expect("a directory can be made");
        let address = free_address();
        let log = File::create(directory.path().join("log")).expect("a log can be made");
        let process = program("serve", database_url, directory.path())
            .envs(settings.iter().copied())
            .env("HOST", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .stdout(log.try_clone().expect("a file has two handles"))
            .stderr(log)
            .spawn()
            .expect("the program can be started");
        let mut server = Self { process, address, directory };
        server.wait();
        server
    }

    /// Brings the schema of a database up to date.
    pub(crate) fn migrate(database_url: &str) {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let output =
            program("migrate", database_url, directory.path()).arg("up").output().expect("the program can be started");
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(output.status.success(), "migrate up failed: {stdout}{stderr}");
    }

    /// Where the service listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the service has written to its standard output and error.
    pub(crate) fn log(&self) -> String {
        let read = || std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        // No request waits for its line: what is there counts once nothing more comes.
        let mut log = read();
        loop {
            std::thread::sleep(Duration::from_millis(50));
            let now = read();
            if now == log {
                return log;
            }
            log = now;
        }
    }

    /// The most memory that the service has held so far, in bytes (Linux).
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells the peak");
        peak.trim().trim_end_matches(" kB").parse::<u64>().expect("a number of kB") * 1024
    }

    fn wait(&mut self) {
        let start = Instant::now();
        let ready = Message { method: "GET".to_owned(), target: "/health/ready".to_owned(), ..Message::default() };
        loop {
            if matches!(http::send(self.address, &ready), Ok(answer) if answer.status == 200) {
                return;
            }
            if let Some(status) = self.process.try_wait().expect("the process can be asked") {
                panic!("the service ended with {status}:\n{}", self.log());
            }
            assert!(start.elapsed() < START, "the service is not ready:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The built program with a subcommand, and nothing of our environment but what is set here.
fn program(subcommand: &str, database_url: &str, directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_user-tenant-service"));
    command.arg(subcommand).env_clear().current_dir(directory).stdin(Stdio::null());
    command.env("DATABASE_URL", database_url).env("DATA_DIR", directory);
    command.env("JWT_VERIFIER", "jwt-keys").env("JWT_ISSUER", token::ISSUER).env("CALLER_CACHE_MILLISECONDS", "0");
    // The recorded requests name permissions of a product.
    command.env("PERMISSIONS_OPEN", "true");
    command
}

/// A port that was free a moment ago.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free")
}
