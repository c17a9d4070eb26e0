//! The end of work on a file: what its write-ahead log holds is moved to it, so that a copy of the one file is whole.

use std::time::Duration;

use rusqlite::Connection;

/// How long is waited for others who read or write, which keeps further writers waiting too.
const PATIENCE: Duration = Duration::from_secs(1);

const KEPT: &str = "what was written last is still in the -wal beside the file";
const ADVICE: &str = "nothing is lost, but a copy needs both files, or is made with  sqlite3 FILE \".backup COPY\"";

/// Moves what the write-ahead log holds to the file. The last connection does so when it is closed, but another process may
/// have the file open. What cannot be moved is said: it is kept in the log, and missing in a copy of the file alone.
pub(crate) fn checkpoint(connection: &Connection) {
    let file = connection.path().unwrap_or_default();
    let first = move_all(connection, Duration::ZERO);
    match if matches!(first, Ok(0)) { first } else { move_all(connection, PATIENCE) } {
        Ok(0) => {}
        Ok(pages) => tracing::warn!(file, pages, "{KEPT}, because another program is reading or writing: {ADVICE}"),
        Err(error) => tracing::warn!(file, %error, "{KEPT}: {ADVICE}"),
    }
}

/// How many pages are left in the log alone. While somebody reads, all may be moved and the log not be empty.
fn move_all(connection: &Connection, patience: Duration) -> rusqlite::Result<i64> {
    connection.busy_timeout(patience)?;
    let of_row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    let (held, moved) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], of_row)?;
    Ok(held.saturating_sub(moved))
}
