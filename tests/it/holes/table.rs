//! The table of known defects in `docs/compatibility.md`: every one is there, and every test that it names exists.

use std::collections::BTreeMap;
use std::path::Path;

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

/// All tests' sources, one after the other.
fn sources(root: &Path) -> String {
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
    for directory in ["src", "tests", "crates/store/src", "crates/store/tests"] {
        read(&root.join(directory), &mut text);
    }
    text
}
