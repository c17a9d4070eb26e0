//! A real mail server: `aiosmtpd`, which `./test.sh` installs. What it does, `tests/mail/server.py` says.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

/// A mail server that can be stopped and started again at its port.
pub(crate) struct MailServer {
    process: Option<Child>,
    pub(crate) port: u16,
    options: Vec<String>,
    kept: PathBuf,
}

impl MailServer {
    /// Starts one that keeps its mails in this directory.
    pub(crate) fn start(directory: &Path, options: &[&str]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free");
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let mut server = Self { process: None, port: free.port(), options, kept: directory.join("mails") };
        server.start_again();
        server
    }

    /// Starts it again.
    pub(crate) fn start_again(&mut self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/mail-server/bin/python");
        let mut process = Command::new(&python)
            .arg(root.join("tests/mail/server.py"))
            .arg(self.port.to_string())
            .arg(&self.kept)
            .args(&self.options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; ./test.sh installs it", python.display()));
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it prints");
        BufReader::new(stdout).read_line(&mut line).expect("it prints text");
        assert_eq!(line, "listening\n");
        self.process = Some(process);
    }

    /// Kills it.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().and_then(|()| process.wait()).expect("it can be stopped");
        }
    }

    /// The mails that it took, in the order in which they came.
    pub(crate) fn mails(&self) -> Vec<Json> {
        let kept = std::fs::read_to_string(&self.kept).unwrap_or_default();
        kept.lines().map(|line| serde_json::from_str(line).expect("a line is a mail")).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}
