//! Pages of a list: a model reads an answer whole, so that one of which nobody said how long it may be is short.

use serde_json::{Map, Value as Json, json};

use crate::client::{Answer, Client};
use crate::error::BoxError;
use crate::http::CURSOR;

/// Rows of a page, where nobody says how many.
const ROWS: usize = 50;
/// The longest page of more than one row, where nobody says how many rows; in bytes. Some fifteen thousand tokens.
const LONGEST: usize = 64 * 1024;

/// Reads the page behind the cursor, or the first one. A filter that names no limit reads fifty rows, or as many as are
/// not too long together, for a model or for the service; one that names no properties shows these.
pub(super) async fn read(
    client: &Client,
    list: &str,
    shown: &[&str],
    filter: Json,
    cursor: Option<&str>,
) -> Result<Answer, BoxError> {
    let mut filter = match filter {
        Json::Null => Map::new(),
        Json::Object(filter) => filter,
        // The service says what is wrong with it.
        other => return client.page(&target(list, &other, cursor)).await,
    };
    // Null is as good as nothing said, and a limit of 0 is none.
    let says = |filter: &Map<String, Json>, name| filter.get(name).is_some_and(|value| !value.is_null());
    if !says(&filter, "fields") {
        filter.insert("fields".to_owned(), json!(shown));
    }
    if says(&filter, "limit") && filter["limit"] != 0 {
        return client.page(&target(list, &filter.into(), cursor)).await;
    }
    let mut rows = ROWS;
    loop {
        filter.insert("limit".to_owned(), rows.into());
        let answer = client.page(&target(list, &filter.clone().into(), cursor)).await?;
        if answer.is_too_long() && rows > 1 {
            rows /= 2;
            continue;
        }
        let read = answer.body.as_array().map_or(0, Vec::len);
        let length = answer.body.to_string().len();
        if read <= 1 || length <= LONGEST {
            return Ok(answer);
        }
        // Fewer than were read, so that it ends.
        rows = (read * LONGEST / length).clamp(1, read - 1);
    }
}

fn target(list: &str, filter: &Json, cursor: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("filter", &filter.to_string());
    query.extend_pairs(cursor.map(|cursor| (CURSOR, cursor)));
    format!("{list}?{}", query.finish())
}
