//! The application's permissions as settings: `PERMISSIONS`, and whether roles may hold others.

use serde::Deserialize;

use super::ConfigError;
use super::sources::Effective;
use crate::model::{Catalogue, OwnPermission};

/// What `PERMISSIONS` must be.
const FORM: &str =
    "must be keys with commas between them, or JSON: a list of keys, or of objects with name and meaning";

/// A permission as JSON has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Name(String),
    Described(Described),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    name: String,
    meaning: Option<String>,
}

/// The permissions of the application that the settings name.
pub(super) fn own(settings: &Effective) -> Result<Vec<OwnPermission>, ConfigError> {
    let Some(text) = settings.text("PERMISSIONS").map(str::trim) else { return Ok(Vec::new()) };
    let listed = if text.starts_with(['[', '{']) {
        serde_json::from_str(text).map_err(|_| settings.wrong("PERMISSIONS", FORM))?
    } else {
        text.split(',').map(|name| Listed::Name(name.trim().to_owned())).collect::<Vec<_>>()
    };
    let own: Vec<_> = listed
        .into_iter()
        .map(|listed| match listed {
            Listed::Name(name) => OwnPermission::new(name, None),
            Listed::Described(Described { name, meaning }) => OwnPermission::new(name, meaning.map(Into::into)),
        })
        .collect();
    match Catalogue::with(own.clone()) {
        Ok(_) => Ok(own),
        Err(unfit) => Err(settings.wrong("PERMISSIONS", &unfit.to_string())),
    }
}

/// Whether roles may hold others; `None` where the database decides.
pub(super) fn open(settings: &Effective) -> Result<Option<bool>, ConfigError> {
    match settings.text("PERMISSIONS_OPEN") {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(settings.wrong("PERMISSIONS_OPEN", "must be true or false")),
    }
}
