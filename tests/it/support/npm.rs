//! Packages of npm that tests run: `tests/<name>` says which, and `./test.sh` sees to Node.js.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A directory with the files of `tests/<name>` and the packages that its lock file names. The first test that needs
/// it installs them; later runs keep them until one of the files changes.
pub(crate) fn installed(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).expect("target/ can be written");
    // Tests are processes of their own: one installs, the others wait.
    let lock = File::create(directory.with_extension("lock")).expect("target/ can be written");
    lock.lock().expect("a file can be locked");
    let files: BTreeMap<String, Vec<u8>> = fs::read_dir(&source)
        .unwrap_or_else(|error| panic!("{}: {error}", source.display()))
        .map(|entry| entry.expect("the directory can be read"))
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let content = fs::read(entry.path()).expect("the file can be read");
            (entry.file_name().into_string().expect("its name is text"), content)
        })
        .collect();
    let wanted = format!("{files:?}");
    let stamp = directory.join("installed");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        install(&directory, &files);
        fs::write(&stamp, wanted).expect("target/ can be written");
    }
    directory
}

fn install(directory: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, content) in files {
        fs::write(directory.join(name), content).expect("target/ can be written");
    }
    let output = Command::new("npm")
        .args(["ci", "--omit=dev", "--omit=optional"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| {
            panic!("npm cannot be started ({error}): install Node.js 20.19 or newer, or run ./test.sh, which does")
        });
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "npm cannot install the packages from its registry:\n{stdout}{stderr}");
}
