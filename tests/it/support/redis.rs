//! A Redis of a test's own, which may stop and start again; it is removed at the end.

use std::process::Command;

use tempfile::TempDir;

/// A server that is running, unless a test has stopped it.
pub(crate) struct Redis {
    directory: TempDir,
    url: String,
}

impl Redis {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let mut redis = Self { directory: tempfile::tempdir().expect("a directory can be made"), url: String::new() };
        redis.url = redis.script("start");
        redis
    }

    /// Where it is; also after it has stopped and started again.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its port.
    pub(crate) fn port(&self) -> String {
        self.url.trim_start_matches("redis://127.0.0.1:").trim_end_matches("/0").to_owned()
    }

    /// Stops it; what it held is gone.
    pub(crate) fn stop(&self) {
        self.script("stop");
    }

    /// Starts it again where it was.
    pub(crate) fn start_again(&self) {
        assert_eq!(self.script("start"), self.url);
    }

    /// Sends a command, and returns the answer as text.
    pub(crate) fn ask(&self, words: &[&[u8]]) -> String {
        let client = redis::Client::open(self.url.as_str()).expect("the script prints an address");
        let mut connection = client.get_connection().expect("it runs");
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        let answer: redis::Value = command.query(&mut connection).expect("the command is one");
        match answer {
            redis::Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            redis::Value::VerbatimString { text, .. } => text,
            other => format!("{other:?}"),
        }
    }

    fn script(&self, command: &str) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/redis.sh");
        let directory = self.directory.path().join("redis");
        let output = Command::new("bash").arg(script).arg(command).arg(directory).output().expect("bash is there");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.script("remove");
    }
}
