//! The built program with any arguments and settings: run to its end, or kept running in a directory of its own.

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::request::Request;

/// How long a start or an end may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A directory to run the program in, as a stranger would: nothing is configured but what the test says.
pub(crate) struct Workplace {
    directory: TempDir,
    settings: Vec<(String, String)>,
    program: PathBuf,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// The program while it serves.
pub(crate) struct Running {
    process: Child,
    address: SocketAddr,
    prefix: String,
    directory: PathBuf,
}

impl Workplace {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory can be made"),
            settings: vec![("USER_TENANT_SHOW_TOKEN".to_owned(), "true".to_owned())],
            program: PathBuf::from(env!("CARGO_BIN_EXE_user-tenant-service")),
        }
    }

    /// Runs another program from now on.
    pub(crate) fn use_program(&mut self, program: PathBuf) {
        self.program = program;
    }

    /// One that configures a database and what a fixture needs besides.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let mut workplace = Self::new();
        for (name, value) in settings {
            workplace.set(name, value);
        }
        workplace
    }

    /// Sets an environment variable for all runs from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(other, _)| other != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file and returns where it is.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, content).expect("a file can be written");
        path.display().to_string()
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        Self::ended(&mut self.command(arguments))
    }

    /// The same with something on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let input = File::open(self.file("input", input)).expect("a file that was written can be read");
        Self::ended(self.command(arguments).stdin(input))
    }

    fn ended(command: &mut Command) -> Outcome {
        let output = command.output().expect("the program can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome {
            code: output.status.code().expect("the program ends by itself"),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Runs the program to its end with its standard output elsewhere; the exit code, and standard error.
    pub(crate) fn run_printing_to(&self, arguments: &[&str], stdout: impl Into<Stdio>) -> (i32, String) {
        let process = self.command(arguments).stdout(stdout).stderr(Stdio::piped()).spawn();
        let output = process.and_then(std::process::Child::wait_with_output).expect("the program can be started");
        let code = output.status.code().expect("the program ends by itself");
        (code, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs it and expects success; returns standard output.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
        outcome.stdout
    }

    /// Starts it serving on a free port, and waits until it answers; by then it has said all that a
    /// start says.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Running {
        let running = self.start(arguments);
        assert_eq!(running.request(&format!("GET {}/health/live", running.prefix)).send().status, 200);
        running
    }

    /// Starts it, and waits no longer than until it says where it will answer.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let stderr = File::create(self.path().join("stderr")).expect("a file can be made");
        self.start_logging_to(arguments, stderr)
    }

    /// The same with its log, standard error, elsewhere.
    pub(crate) fn start_logging_to(&self, arguments: &[&str], stderr: impl Into<Stdio>) -> Running {
        let process = self
            .command(arguments)
            .env("PORT", "0")
            .stdout(File::create(self.path().join("stdout")).expect("a file can be made"))
            .stderr(stderr)
            .spawn()
            .expect("the program can be started");
        let mut running = Running {
            process,
            address: ([127, 0, 0, 1], 0).into(),
            prefix: String::new(),
            directory: self.path().to_path_buf(),
        };
        running.wait_for_address();
        running
    }

    /// The same with standard output and its log on one pipe, which is read up to the address.
    pub(crate) fn start_on_one_pipe(&self, reader: &mut PipeReader, writer: PipeWriter) -> Running {
        let both = writer.try_clone().expect("a pipe has several ends");
        let mut command = self.command(&[]);
        let process = command.env("PORT", "0").stdout(both).stderr(writer).spawn().expect("the program can be started");
        // It keeps the ends that it hands over.
        drop(command);
        let mut printed = Vec::new();
        let announced = loop {
            let mut byte = [0];
            reader.read_exact(&mut byte).expect("the program says where it listens");
            printed.extend(byte);
            let text = String::from_utf8_lossy(&printed);
            if let Some((_, line)) = text.split_once("running at http://").filter(|(_, line)| line.ends_with('\n')) {
                break line.trim_end().to_owned();
            }
        };
        let (address, prefix) = announced.split_at(announced.find('/').unwrap_or(announced.len()));
        Running {
            process,
            address: address.parse().expect("it is an address"),
            prefix: prefix.to_owned(),
            directory: self.path().to_path_buf(),
        }
    }

    /// The program, for a terminal to start.
    pub(crate) fn command_on_a_terminal(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.stdin(Stdio::inherit());
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().current_dir(self.path()).stdin(Stdio::null());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Running {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A request to it: `GET /tenants`.
    pub(crate) fn request(&self, line: &str) -> Request {
        Request::new(self.address, line)
    }

    /// What it has printed so far: standard output and standard error.
    pub(crate) fn printed(&self) -> [String; 2] {
        ["stdout", "stderr"].map(|name| std::fs::read_to_string(self.directory.join(name)).unwrap_or_default())
    }

    /// Sends a signal: `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.process.id());
        let status = Command::new("sh").args(["-c", &command]).status().expect("a shell can be started");
        assert!(status.success(), "{command}");
    }

    /// Waits until it has ended.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("the process can be asked") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end: {:?}", self.printed());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Tells it to stop, and expects that it does so in order.
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        assert_eq!(self.end().code(), Some(0), "{:?}", self.printed());
    }

    fn wait_for_address(&mut self) {
        let start = Instant::now();
        loop {
            let [stdout, stderr] = self.printed();
            let announced = stdout.split_once("running at http://").and_then(|(_, rest)| rest.split_once('\n'));
            if let Some((address, _)) = announced {
                let (address, prefix) = address.split_at(address.find('/').unwrap_or(address.len()));
                self.address = address.parse().expect("the program says where it listens");
                prefix.clone_into(&mut self.prefix);
                return;
            }
            if let Some(status) = self.process.try_wait().expect("the process can be asked") {
                panic!("the program ended with {status}: {stdout}{stderr}");
            }
            assert!(start.elapsed() < PATIENCE, "the program does not listen: {stdout}{stderr}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
