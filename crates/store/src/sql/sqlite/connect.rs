//! How a connection to the file is opened and which settings it gets.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Mutex;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, ffi};

use super::actor::Shown;
use super::errors::classify;
use super::functions;
use crate::error::StoreResult;
use crate::options::SqliteOptions;

/// Statements kept prepared by one connection.
const MAX_PREPARED: usize = 128;

/// Pages in the write-ahead log before they are moved to the file, all of which waits for the disk: 16 MB. A page that was
/// written several times since is moved once.
const CHECKPOINT: u32 = 4_000;

/// How often another process may be in the way when the file gets its write-ahead log.
const ATTEMPTS: u32 = 10;

/// Held while a file is made: to close one that another thread has already opened would end the locks of that thread.
static CREATION: Mutex<()> = Mutex::new(());

/// A connection that reads and writes; creates the file.
pub(crate) fn open(options: &SqliteOptions) -> StoreResult<Connection> {
    create(&options.path);
    let connection = Connection::open(&options.path).map_err(classify)?;
    prepare(&connection, options).map_err(classify)?;
    if connection.is_readonly(MAIN_DB).map_err(classify)? {
        // `SQLite` opens such a file all the same, and refuses the first write.
        let refused = ffi::Error::new(ffi::SQLITE_READONLY);
        let why = "the file may not be written by this user".to_owned();
        return Err(classify(rusqlite::Error::SqliteFailure(refused, Some(why))));
    }
    Ok(connection)
}

/// The connection of the writer, and in whose name it writes.
pub(super) fn open_writer(options: &SqliteOptions) -> StoreResult<(Connection, Shown)> {
    let connection = open(options)?;
    // A savepoint keeps every page as it was before. Else those go to a temporary file, which takes longer than the rest.
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(classify)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT).map_err(classify)?;
    // What is removed for good is not to be read in the free pages of the file.
    connection.pragma_update(None, "secure_delete", true).map_err(classify)?;
    let actor = Shown::on(&connection).map_err(classify)?;
    Ok((connection, actor))
}

/// A connection that only reads.
pub(super) fn open_reader(options: &SqliteOptions) -> StoreResult<Connection> {
    let connection = open(options)?;
    connection.pragma_update(None, "query_only", true).map_err(classify)?;
    Ok(connection)
}

/// Makes the file where there is none, readable and writable by its owner only; `SQLite` gives the files beside it
/// (`-wal`, `-shm`) the same mode. A file that exists keeps its own.
fn create(path: &Path) {
    let _turn = CREATION.lock();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // What fails here fails again when SQLite opens the file, and is reported then.
    let made = options.open(path);
    // A link that leads nowhere is in the way, and SQLite would make what it names. That file is new too.
    let is_taken = made.is_err_and(|error| error.kind() == ErrorKind::AlreadyExists);
    if is_taken && path.metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        let _ = options.create_new(false).create(true).truncate(false).open(path);
    }
}

fn prepare(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    write_ahead(connection)?;
    // An acknowledged write survives the loss of power.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Else an unknown name in double quotes would be taken for a string.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // Else, in a file that was analysed, a prepared statement is parsed and planned anew for other values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(MAX_PREPARED);
    functions::register(connection)
}

/// Makes the file keep a write-ahead log, which it remembers. The change needs the file alone, and where two
/// processes try at once, `SQLite` refuses one of them without waiting: it waits here, and looks again.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    for _ in 0..ATTEMPTS {
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        if mode.eq_ignore_ascii_case("wal") {
            return Ok(());
        }
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
            }
            other => return other,
        }
    }
    connection.pragma_update(None, "journal_mode", "WAL")
}
