//! Documents that name tests: the table of known defects in `docs/compatibility.md`, where every defect is, and
//! `SECURITY.md`. Every test that they name exists.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex::Regex;

const CLASSES: [&str; 3] = ["attack", "property", "not applicable"];

#[test]
fn every_known_defect_is_in_the_table_with_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(root.join("docs/compatibility.md")).expect("the document exists");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| H")).map(|line| {
        let cells: Vec<&str> = line.split(" | ").collect();
        (format!("H{}", cells[0].trim()), cells)
    });
    let rows: BTreeMap<String, Vec<&str>> = rows.collect();
    let wanted: Vec<String> = (1..=61).map(|number| format!("H{number:02}")).collect();
    assert_eq!(rows.keys().cloned().collect::<Vec<_>>(), wanted);

    let sources = sources(root);
    let names = Regex::new("`(?:[a-z_]+::)*([a-z][a-z0-9_]+)`").expect("the expression is valid");
    for (id, cells) in &rows {
        let [_, original, class, ours, pinned] = cells[..] else { panic!("{id} has not five cells: {cells:?}") };
        assert!(CLASSES.contains(&class), "{id} is {class:?}, none of {CLASSES:?}");
        assert!(original.len() > 20 && ours.len() > 20, "{id} says what it was, and what it is");
        let tests: Vec<&str> = names.captures_iter(pinned).map(|name| name.extract::<1>().1[0]).collect();
        for test in &tests {
            assert!(sources.contains(&format!("fn {test}(")), "{id}: no test is called {test}");
        }
        if class == "attack" {
            let own = format!("{}_", id.to_lowercase());
            assert!(tests.iter().any(|test| test.starts_with(&own)), "{id} is an attack: name a test {own}…");
        }
        assert!(class == "not applicable" || !tests.is_empty(), "{id} names no test");
    }
}

/// `file`: `test`, `test_whose_name_goes_on_…`; `file`: `test`
#[test]
fn every_line_of_the_page_of_security_names_a_test_that_exists_where_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(root.join("SECURITY.md")).expect("the document exists");
    let code = Regex::new("`([^`]+)`").expect("the expression is valid");
    let mut named = 0;
    let rows = document.lines().filter(|line| line.starts_with("| ") && !line.contains("Held by"));
    for row in rows {
        let held_by = row.trim_end_matches(" |").rsplit(" | ").next().expect("a row has cells");
        let mut source = String::new();
        let mut of_row = 0;
        for word in code.captures_iter(held_by).map(|word| word.extract::<1>().1[0]) {
            if word.contains('/') {
                let path = root.join(word);
                source = if path.is_dir() { sources_of(&[&path]) } else { std::fs::read_to_string(path).expect(word) };
                of_row += usize::from(!source.is_empty());
            } else {
                let test = word.strip_suffix('…').map_or_else(|| format!("fn {word}("), |begun| format!("fn {begun}"));
                assert!(source.contains(&test), "SECURITY.md names {word}: {row}");
                named += 1;
            }
        }
        assert!(of_row > 0, "nothing holds this line: {row}");
    }
    assert!(named > 40, "{named} tests are named");
}

/// All tests' sources, one after the other.
fn sources(root: &Path) -> String {
    let directories = ["src", "tests", "crates/store/src", "crates/store/tests"].map(|directory| root.join(directory));
    sources_of(&directories.each_ref().map(PathBuf::as_path))
}

fn sources_of(directories: &[&Path]) -> String {
    fn read(directory: &Path, text: &mut String) {
        for entry in std::fs::read_dir(directory).expect("the directory can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                read(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&std::fs::read_to_string(&path).expect("the source can be read"));
            }
        }
    }
    let mut text = String::new();
    for directory in directories {
        read(directory, &mut text);
    }
    text
}
