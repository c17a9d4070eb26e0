//! The original itself, from npm: its migration, and the service as a process in the host application of `tests/original`.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::request::Request;
use crate::support::{npm, token};

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_mins(2);

/// The statements of the original's own migration for PostgreSQL.
pub(crate) fn migration() -> String {
    let directory =
        npm::installed("original").join("node_modules/@sourceloop/user-tenant-service/migrations/pg/migrations/sqls");
    let mut files: Vec<_> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("the directory can be read").path())
        .filter(|path| path.to_string_lossy().ends_with("-up.sql"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no migration in {}", directory.display());
    files.iter().map(|path| fs::read_to_string(path).expect("a migration is text")).collect()
}

/// The original while it serves a database.
pub(crate) struct Original {
    process: Child,
    address: SocketAddr,
    directory: TempDir,
}

impl Original {
    /// Starts it and waits until it listens.
    pub(crate) fn start(database_url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let log = File::create(directory.path().join("log")).expect("a log can be made");
        let process = Command::new("node")
            .arg("index.js")
            .current_dir(npm::installed("original"))
            .env("DATABASE_URL", database_url)
            .env("PORT", "0")
            .env("JWT_ISSUER", token::ISSUER)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file has two handles"))
            .stderr(log)
            .spawn()
            .expect("node can be started");
        let mut original = Self { process, address: ([127, 0, 0, 1], 0).into(), directory };
        original.wait();
        original
    }

    /// A request to it: `GET /tenants`.
    pub(crate) fn request(&self, line: &str) -> Request {
        Request::new(self.address, line)
    }

    fn wait(&mut self) {
        let start = Instant::now();
        loop {
            let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            let announced = log.split_once("listening at http://").and_then(|(_, rest)| rest.split_once('\n'));
            if let Some((address, _)) = announced {
                self.address = address.parse().expect("the original says where it listens");
                return;
            }
            if let Some(status) = self.process.try_wait().expect("the process can be asked") {
                panic!("the original ended with {status}:\n{log}");
            }
            assert!(start.elapsed() < START, "the original does not listen:\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Original {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
