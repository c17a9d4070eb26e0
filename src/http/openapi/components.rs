//! What the operations of the document share: schemas under their titles, refusals, the token.

use serde_json::{Map, Value, json};
use user_tenant_store::entity::{EntityMeta, RelationKind};
use user_tenant_store::{Entity, schema};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, RefOr, Response};

use crate::error::ErrorCode;
use crate::http::surface::{self, Surface};
use crate::model::User;

/// Name of the way to authenticate, as the original calls it.
pub(super) const SECURITY_SCHEME: &str = "HTTPBearer";

/// The status of a head that is too long, which is answered before there is a request.
const HEAD_TOO_LARGE: &str = "431";

/// Refusals by status.
const REFUSALS: [(&str, &str); 12] = [
    ("400", "Malformed JSON, or a query parameter that is not valid; `details` says where."),
    ("401", "No token, or one that is not valid, has expired or names nobody active."),
    ("403", "The token does not permit this."),
    (
        "404",
        "No such record within reach of the token; `details` says of which model and with which id, or `message` does.",
    ),
    ("409", "It would repeat what must be unique."),
    ("410", "What the link of the path was for is over, or was done."),
    ("413", "The body is larger than the limit."),
    ("415", "The body is not `application/json` in UTF-8."),
    ("422", "The body does not match its schema; `details` lists every violation."),
    ("429", "There were too many attempts; `Retry-After` says for how long no more are looked at."),
    (HEAD_TOO_LARGE, "The head of the request is larger than the limit; the connection closes, and there is no body."),
    ("503", "The database cannot be reached, or there are too many requests at once; try later."),
];

/// The keyword of a schema that holds examples of what is valid by it.
pub(super) const EXAMPLES: &str = "examples";

/// Collects schemas while operations refer to them.
#[derive(Default)]
pub(super) struct Components {
    schemas: Map<String, Value>,
    /// Whether an operation answers problem details.
    has_problems: bool,
}

impl Components {
    /// Adds a schema under its title, with a number behind it where another has that, and returns the reference to it.
    /// What has a title inside becomes a schema of its own.
    pub(super) fn schema(&mut self, mut schema: Value) -> Value {
        self.take_out(&mut schema);
        let title = schema["title"].as_str().unwrap_or_default().to_owned();
        let numbered = (1..).map(|number| format!("{title}{number}"));
        let is_free = |name: &String| self.schemas.get(name).is_none_or(|other| *other == schema);
        let name = std::iter::once(title.clone()).chain(numbered).find(is_free).unwrap_or_default();
        let reference = reference(&name);
        self.schemas.insert(name, schema);
        reference
    }

    fn take_out(&mut self, within: &mut Value) {
        let below: Vec<&mut Value> = match within {
            // Examples are no schemas, whatever their members are called.
            Value::Object(members) => {
                members.iter_mut().filter(|(name, _)| *name != EXAMPLES).map(|(_, value)| value).collect()
            }
            Value::Array(items) => items.iter_mut().collect(),
            _ => return,
        };
        for value in below {
            if value["title"].is_string() {
                *value = self.schema(value.take());
            } else {
                self.take_out(value);
            }
        }
    }

    /// The name of a refusal in the form of a surface.
    pub(super) fn refusal(&mut self, surface: Surface, status: &str) -> String {
        self.has_problems |= surface == Surface::Problem;
        refusal_name(surface, status)
    }

    /// Another name for what a reference leads to.
    pub(super) fn alias(&mut self, name: &str, reference: &Value) -> Value {
        self.schema(json!({"title": name, "allOf": [reference]}))
    }

    /// Adds the records of an entity, and of those that `include` can reach from it.
    pub(super) fn record(&mut self, meta: &EntityMeta) -> Value {
        if !self.schemas.contains_key(meta.name) {
            // First without relations, which may lead back here.
            self.schema(schema::entity(meta));
            for relation in meta.relations.iter().filter(|relation| relation.includable) {
                let target = self.record((relation.target)());
                let related = match relation.kind {
                    RelationKind::HasMany => json!({"type": "array", "items": target}),
                    RelationKind::HasOne | RelationKind::BelongsTo => target,
                };
                self.schemas[meta.name]["properties"][relation.name] = related;
            }
        }
        reference(meta.name)
    }

    /// The finished components.
    pub(super) fn build(mut self) -> serde_json::Result<utoipa::openapi::Components> {
        // Nothing refers to it in the original's document either, but its clients have the type.
        let user = self.record(User::meta());
        self.alias("UserDto", &user);
        let mut errors = vec![(Surface::LoopBack, self.schema(error()))];
        if self.has_problems {
            errors.push((Surface::Problem, self.schema(surface::schema())));
        }
        let mut components = ComponentsBuilder::new();
        for (name, schema) in self.schemas {
            components = components.schema(name, typed(schema)?);
        }
        for (surface, error) in errors {
            for (status, description) in REFUSALS {
                let mut response = Response::builder().description(format!("{description}{}", codes(surface, status)));
                if status != HEAD_TOO_LARGE {
                    response = response.content(surface.media_type(), super::content(error.clone())?);
                }
                if status == "503" {
                    let seconds = typed(json!({"type": "integer", "description": "Seconds to wait."}))?;
                    response = response.header("Retry-After", HeaderBuilder::new().schema(Some(seconds)).build());
                }
                components = components.response(refusal_name(surface, status), response.build());
            }
        }
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        Ok(components.security_scheme(SECURITY_SCHEME, SecurityScheme::Http(bearer)).build())
    }
}

fn reference(title: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{title}")})
}

/// A schema in the document's types.
pub(super) fn typed(schema: Value) -> serde_json::Result<RefOr<Schema>> {
    serde_json::from_value(schema)
}

/// The name of a refusal among the components.
fn refusal_name(surface: Surface, status: &str) -> String {
    match surface {
        Surface::LoopBack => status.to_owned(),
        Surface::Problem => format!("Problem{status}"),
    }
}

/// The codes that a refusal can have, in Markdown.
fn codes(surface: Surface, status: &str) -> String {
    let with_status =
        ErrorCode::ALL.iter().filter(|code| surface.statuses(**code).iter().any(|of| of.to_string() == status));
    let mut codes: Vec<_> = with_status.flat_map(|code| surface.codes(*code)).map(|name| format!("`{name}`")).collect();
    // Codes of one name stand beside each other.
    codes.dedup();
    if codes.is_empty() { String::new() } else { format!(" Codes: {}.", codes.join(", ")) }
}

/// The envelope of every error.
fn error() -> Value {
    let text = json!({"type": "string"});
    let detail = json!({
        "type": "object",
        "description": "One violation of a schema.",
        "required": ["path", "code", "message", "info"],
        "properties": {
            "path": {"type": "string", "description": "JSON pointer to the value; empty for the whole."},
            "code": {"type": "string", "description": "The violated keyword of JSON Schema."},
            "message": text,
            "info": {"type": "object", "description": "The keyword's values."}
        }
    });
    json!({
        "title": "Error",
        "type": "object",
        "required": ["error"],
        "properties": {"error": {
            "type": "object",
            "required": ["statusCode", "message"],
            "properties": {
                "statusCode": {"type": "number"},
                "name": text,
                "message": {"oneOf": [text, {"type": "object"}, {"type": "number"}]},
                "code": {"type": "string", "description": "For programs to tell errors apart."},
                "details": {"oneOf": [{"type": "array", "items": detail}, {"type": "object"}]}
            }
        }}
    })
}
