//! The files of a new service: which there are, from which template, and when.

use std::path::PathBuf;

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};

use super::ScaffoldError;
use super::plan::Plan;
use super::source::Source;
use crate::migrations::MIGRATIONS;
use user_tenant_store::migrate::Migration;

/// The versions that this library was built and tested with. cargo takes them over, and drops what a service needs not.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));

/// How what is written in C is built, which its memory and speed depend on.
const CONFIG: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/.cargo/config.toml"));

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/microservice");

/// When a file is written.
#[derive(Clone, Copy)]
enum When {
    Always,
    WithMigrations,
    WithOwnMigrations,
}

/// The files by name; a template has the same name and `.jinja` behind it. Names that tools would take for their own
/// have no dot in front there.
const FILES: [(&str, &str, When); 19] = [
    ("Cargo.toml", "Cargo.toml", When::Always),
    ("README.md", "README.md", When::Always),
    ("rustfmt.toml", "rustfmt.toml", When::Always),
    (".gitignore", "gitignore", When::Always),
    (".dockerignore", "dockerignore", When::Always),
    (".env.example", "env.example", When::Always),
    ("Dockerfile", "Dockerfile", When::Always),
    ("compose.yaml", "compose.yaml", When::Always),
    ("prometheus.yml", "prometheus.yml", When::Always),
    (".github/workflows/ci.yml", "ci.yml", When::Always),
    ("src/main.rs", "src/main.rs", When::Always),
    ("src/lib.rs", "src/lib.rs", When::Always),
    ("src/greeting.rs", "src/greeting.rs", When::Always),
    ("src/migrations.rs", "src/migrations.rs", When::WithMigrations),
    ("tests/greeting.rs", "tests/greeting.rs", When::Always),
    ("migrations/postgres/1001_greetings.up.sql", "migrations/postgres.up.sql", When::WithOwnMigrations),
    ("migrations/postgres/1001_greetings.down.sql", "migrations/postgres.down.sql", When::WithOwnMigrations),
    ("migrations/sqlite/1001_greetings.up.sql", "migrations/sqlite.up.sql", When::WithOwnMigrations),
    ("migrations/sqlite/1001_greetings.down.sql", "migrations/sqlite.down.sql", When::WithOwnMigrations),
];

/// The files of a plan, with their text.
pub(super) fn render(plan: &Plan) -> Result<Vec<(PathBuf, String)>, ScaffoldError> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates
        .set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build()?);
    let copied: Vec<_> = MIGRATIONS
        .postgres
        .iter()
        .map(|step| context! { version => step.version, name => step.name, file => file_name(step), additive => step.additive })
        .collect();
    let path = match &plan.source {
        Source::Path(path) => Some(path.display().to_string()),
        _ => None,
    };
    let context = context! {
        name => &plan.name,
        module => plan.name.replace('-', "_"),
        image => &plan.image,
        database => &plan.database,
        postgres => plan.postgres,
        include_migrations => plan.include_migrations,
        custom_migrations => plan.custom_migrations,
        copied => copied,
        dependency => plan.source.dependency(),
        local => path.is_some(),
        path => path,
        version => env!("CARGO_PKG_VERSION"),
        rust => env!("CARGO_PKG_RUST_VERSION"),
    };
    let mut files =
        vec![(PathBuf::from("Cargo.lock"), LOCK.to_owned()), (PathBuf::from(".cargo/config.toml"), CONFIG.to_owned())];
    for (name, template, when) in FILES {
        if !is_due(when, plan) {
            continue;
        }
        let file = format!("{template}.jinja");
        let text = TEMPLATES.get_file(&file).and_then(include_dir::File::contents_utf8);
        let text = text.ok_or_else(|| {
            minijinja::Error::new(minijinja::ErrorKind::TemplateNotFound, format!("there is no template {file}"))
        })?;
        files.push((PathBuf::from(name), templates.render_named_str(&file, text, &context)?));
    }
    if plan.include_migrations {
        for (database, steps) in [("postgres", MIGRATIONS.postgres), ("sqlite", MIGRATIONS.sqlite)] {
            for step in steps {
                let name = format!("migrations/{database}/{}", file_name(step));
                files.push((PathBuf::from(format!("{name}.up.sql")), step.up.to_owned()));
                files.push((PathBuf::from(format!("{name}.down.sql")), step.down.to_owned()));
            }
        }
    }
    Ok(files)
}

/// The name of a migration's files, without their ending.
fn file_name(step: &Migration) -> String {
    format!("{:04}_{}", step.version, step.name)
}

fn is_due(when: When, plan: &Plan) -> bool {
    match when {
        When::Always => true,
        When::WithMigrations => plan.include_migrations || plan.custom_migrations,
        When::WithOwnMigrations => plan.custom_migrations,
    }
}
