//! The tool `microservice`: the scaffold, with the input that the original's tool takes.

use std::path::{Path, PathBuf};

use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde_json::{Value as Json, json};

use super::operations::object;
use crate::scaffold::{self, Answers, BASE_SERVICES, DATASOURCES, Plan, ScaffoldError};

/// Its name; the original's is the same with a capital letter, which is understood too.
pub(super) const NAME: &str = "microservice";

/// The tool.
pub(super) fn tool() -> Tool {
    let text = |description: String| json!({ "type": "string", "description": description });
    let flag = |description: &str| json!({ "type": "boolean", "default": false, "description": description });
    let schema = json!({
        "type": "object",
        "properties": {
            "name": text("Name of the microservice".to_owned()),
            "facade": flag("Create as facade inside the facades folder (not required)"),
            "baseOnService": flag("Base on a service of the list (not required) (can not be provided with facade option)"),
            "baseService": {
                "type": "string",
                "enum": BASE_SERVICES,
                "description": format!(
                    "Base microservice (this server writes {}) (required if baseOnService is provided) (can not be provided with facade option)",
                    scaffold::OURS
                ),
            },
            "uniquePrefix": text("Unique prefix to be used for docker images (not required)".to_owned()),
            "datasourceName":
                text("Name of the datasource to generate (not required) (can not be provided with facade option)".to_owned()),
            "datasourceType": {
                "type": "string",
                "enum": DATASOURCES,
                "description": "Type of the datasource (options: postgres or postgresql, sqlite; postgresql where none is given) (can not be provided with facade option)",
            },
            "sequelize": flag("Has no effect here (not required) (can not be provided with facade option)"),
            "includeMigrations": flag(
                "Include base microservice migrations (can not be provided with facade, customMigrations options)"),
            "customMigrations": flag(
                "Setup custom migration for this microservice (not required) (can not be provided with facade, includeMigrations options)"),
            "source": text("What the service depends on, whose code it builds and runs: a version, an address of git (https:// or ssh://) or a checkout (not required)".to_owned()),
            "workingDir": text("Path of the root directory of the monorepo (not required)".to_owned()),
        },
        "required": ["name"],
        "additionalProperties": false,
    });
    let description = "Writes a new service, a Rust crate that serves users, tenants and roles of a multi-tenant application \
        with routes of its own: sources, tests, migrations, settings and container files. It cannot change a service that \
        is there. Take what the user has not said from services that are there, or ask the user.";
    let annotations = ToolAnnotations::new().read_only(false).destructive(false).idempotent(false).open_world(false);
    Tool::new(NAME, description, object(schema)).with_annotations(annotations)
}

/// Writes the service, below this directory only.
pub(super) fn call(mut arguments: JsonObject, below: &Path) -> CallToolResult {
    let place = match arguments.remove("workingDir") {
        None | Some(Json::Null) => PathBuf::from("."),
        Some(Json::String(place)) => PathBuf::from(place),
        Some(_) => return refused("workingDir must be a text"),
    };
    let place = match (place.canonicalize(), below.canonicalize()) {
        (Ok(place), Ok(below)) if place.is_dir() && place.starts_with(&below) => place,
        (Ok(place), _) if place.is_dir() => {
            return refused(&format!("workingDir: {} is not below {}", place.display(), below.display()));
        }
        _ => return refused(&format!("workingDir: there is no directory {}", place.display())),
    };
    // What is null was not said.
    let said = arguments.into_iter().filter(|(_, value)| !value.is_null()).collect();
    let mut answers: Answers = match serde_json::from_value(Json::Object(said)) {
        Ok(answers) => answers,
        Err(error) => return refused(&error.to_string()),
    };
    // Nobody can be asked here; what the original's tool leaves open has the plain answer.
    answers.base_on_service = Some(answers.base_on_service.unwrap_or(false));
    answers.datasource_type.get_or_insert_with(|| "postgresql".to_owned());
    let written = Plan::new(&answers, &place).and_then(|plan| {
        stays_below(&plan.directory(&place), below)?;
        Ok((scaffold::write(&plan, &place)?, plan))
    });
    match written {
        Ok((written, plan)) => {
            let files: Vec<_> = written.files.iter().map(|file| file.display().to_string()).collect();
            let directory = written.directory.display().to_string();
            let text = format!(
                "Command executed successfully!\n{} has been written to {directory}: {} files. Next: cargo run, cargo test.",
                plan.name,
                files.len()
            );
            let text = [&[text], &plan.notes[..]].concat().join("\nNote: ");
            let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
            result.structured_content = Some(
                json!({ "name": plan.name, "directory": directory, "files": files, "notes": plan.notes, "dependsOn": plan.source.dependency() }),
            );
            result
        }
        Err(ScaffoldError::Missing(flags)) => {
            let names: Vec<_> = flags.iter().map(|flag| flag.trim_start_matches('-')).collect();
            refused(&format!("missing: {}", names.join(", ").replace("NAME", "name")))
        }
        Err(error) => refused(&error.to_string()),
    }
}

/// That no link on the way leads out.
fn stays_below(directory: &Path, below: &Path) -> Result<(), ScaffoldError> {
    let place = directory.ancestors().skip(1).find_map(|ancestor| ancestor.canonicalize().ok());
    match (place, below.canonicalize()) {
        (Some(place), Ok(below)) if place.starts_with(&below) => Ok(()),
        _ => {
            Err(ScaffoldError::Answer(format!("workingDir: {} is not below {}", directory.display(), below.display())))
        }
    }
}

fn refused(message: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(format!("Error executing command: {message}"))])
}
