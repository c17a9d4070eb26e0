//! An SQLite database of a test's own, in a directory that goes away with it.

use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

/// A file for the service, and a second connection to it for the test.
pub(crate) struct SqliteDatabase {
    directory: TempDir,
}

impl SqliteDatabase {
    /// Makes the directory; the service creates the file.
    pub(crate) fn create() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory can be made") }
    }

    /// Where the service finds the database.
    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.path())
    }

    /// A connection beside the service's own.
    pub(crate) fn connect(&self) -> Connection {
        let connection = Connection::open(self.path()).expect("the database can be opened");
        connection.busy_timeout(Duration::from_secs(10)).expect("a timeout can be set");
        connection
    }

    fn path(&self) -> String {
        self.directory.path().join("test.db").display().to_string()
    }
}
