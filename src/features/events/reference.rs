//! The types of events for people: `docs/events.md`.

use std::fmt::Write as _;

use crate::model::event_types::{ALL, Type};

const HEAD: &str = include_str!("reference.md");

/// The page, in Markdown.
pub(crate) fn reference() -> String {
    let mut page = HEAD.to_owned();
    let side = |text: &str| if text.is_empty() { "`null`".to_owned() } else { format!("`{text}`") };
    for Type { name, says, example: [before, after], .. } in ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{name}` | {says} | {} | {} |", side(before), side(after));
    }
    page
}
