//! Rows for people and for programs: a table, JSON or CSV.

use std::collections::BTreeSet;
use std::io::IsTerminal;

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value as Json;
use terminal_size::{Width, terminal_size_of};
use user_tenant_store::EntityMeta;

use super::failure::Failure;
use super::print::{plain, say};
use super::resource::Output;

/// Why there is nothing to print.
pub(super) const NO_ROWS: &str = "the answer is no list of rows: is this the address of the service, with its prefix?";

/// Prints rows, of an entity if they are. A table has these columns, with words for numbers that have some; JSON and CSV have all that there are, as
/// they are.
pub(super) fn print(rows: &Json, meta: Option<&EntityMeta>, columns: &[&str], output: Output) -> Result<(), Failure> {
    let rows = rows.as_array().ok_or_else(|| Failure::other(NO_ROWS))?;
    match output {
        Output::Json => {
            let failed = |error: serde_json::Error| {
                Failure::Other("the rows could not be written".to_owned(), Some(error.into()))
            };
            say(&serde_json::to_string_pretty(&rows).map_err(failed)?)?;
        }
        Output::Table => {
            let mut table = Table::new();
            table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
            if let Some((Width(width), _)) = terminal_size_of(std::io::stdout()) {
                table.set_width(width);
            }
            table.set_header(columns.iter().map(|column| column.to_uppercase()));
            for row in rows {
                table.add_row(columns.iter().map(|column| shown(meta, column, &row[*column])));
            }
            for line in table.lines() {
                say(line.trim())?;
            }
        }
        Output::Csv => {
            // In the order of the first rows' properties, and of the alphabet for those that only later rows have.
            let mut names: Vec<&String> =
                rows.first().and_then(Json::as_object).map_or_else(Vec::new, |row| row.keys().collect());
            let all: BTreeSet<&String> =
                rows.iter().filter_map(Json::as_object).flat_map(serde_json::Map::keys).collect();
            names.extend(all.iter().filter(|name| !names.contains(name)).copied().collect::<Vec<_>>());
            let mut writer = csv::Writer::from_writer(Vec::new());
            let failed =
                |error: csv::Error| Failure::Other("the rows could not be written".to_owned(), Some(error.into()));
            writer.write_record(&names).map_err(failed)?;
            for row in rows {
                writer.write_record(names.iter().map(|name| cell(&row[name.as_str()]))).map_err(failed)?;
            }
            let bytes = writer.into_inner().map_err(|error| Failure::other(error.to_string()))?;
            let text = String::from_utf8_lossy(&bytes);
            // A file gets every byte; somebody who looks at it, none that steers the terminal.
            say(if std::io::stdout().is_terminal() { plain(&text) } else { text.into_owned() }.trim_end())?;
        }
    }
    Ok(())
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A cell of a table, on one line.
fn shown(meta: Option<&EntityMeta>, column: &str, value: &Json) -> String {
    let words = meta.and_then(|meta| meta.property(column)).and_then(|property| property.rules.words);
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    if let Some(word) = words.zip(number).and_then(|(words, number)| words.get(number)) {
        return (*word).to_owned();
    }
    plain(&cell(value)).replace('\n', "\u{fffd}")
}
