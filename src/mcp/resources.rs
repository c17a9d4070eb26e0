//! What can be read: the permissions, the `OpenAPI` document, the reference of the settings.

use rmcp::model::{Resource, ResourceContents};
use serde_json::json;

use crate::error::BoxError;
use crate::model::permission;

/// The documents by address, name and media type.
const DOCUMENTS: [(&str, &str, &str, &str); 3] = [
    ("user-tenant-service://permissions", "permissions", "application/json", "Every permission, by name and number"),
    ("user-tenant-service://openapi", "openapi", "application/json", "The OpenAPI document of all routes"),
    ("user-tenant-service://configuration", "configuration", "text/markdown", "Every setting, and what it is for"),
];

/// All of them.
pub(super) fn all() -> Vec<Resource> {
    let resource = |(address, name, media_type, description): &(&str, &str, &str, &str)| {
        Resource::new(*address, *name).with_description(*description).with_mime_type(*media_type)
    };
    DOCUMENTS.iter().map(resource).collect()
}

/// The text behind an address; none where there is nothing.
pub(super) fn read(address: &str) -> Result<Option<ResourceContents>, BoxError> {
    let Some((address, name, media_type, _)) = DOCUMENTS.iter().find(|(known, ..)| *known == address) else {
        return Ok(None);
    };
    let text = match *name {
        "permissions" => {
            let all = permission::ALL.iter().map(|known| json!({ "name": known.name, "number": known.number }));
            serde_json::to_string_pretty(&all.collect::<Vec<_>>())?
        }
        "openapi" => crate::http::render(&crate::http::document()?, false)?,
        _ => include_str!("../../docs/configuration.md").to_owned(),
    };
    Ok(Some(ResourceContents::text(text, *address).with_mime_type(*media_type)))
}
