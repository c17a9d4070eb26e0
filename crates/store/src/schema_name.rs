//! The schema that the tables lie in on `PostgreSQL`, and texts of SQL with its name in place of `main` and `logs`.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What a text calls the schema of the tables, and that of the audit log.
const WORDS: [&str; 2] = ["main", "logs"];

/// A setting of the session, and no table.
const ACTOR: &str = "logs.actor";

/// The name of the schema that the tables lie in on `PostgreSQL`.
///
/// The audit log of `main` is in `logs`. Of any other schema it is in the schema itself, so that two services on one
/// database share nothing, and each can be migrated, dumped and dropped without the other (ADR 36).
#[derive(Clone, Copy, Default)]
pub struct SchemaName(Option<&'static Other>);

/// A schema other than `main`. It lives as long as the process.
struct Other {
    name: String,
    /// What entities are read from: a few texts, looked for by each statement that reads them.
    queries: Texts,
    /// What changes the schema.
    texts: Texts,
}

/// Why a name cannot be that of the tables' schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a name of lower-case letters, digits and underscores that does not begin with a digit, at most 63 of them, \
     and none that the server or the audit log uses: pg_…, information_schema, logs"
)]
pub struct InvalidSchemaName;

impl SchemaName {
    /// The schema of the original.
    pub const MAIN: Self = Self(None);

    /// The schema of this name. The same name is the same value, however often it is made.
    ///
    /// # Errors
    /// [`InvalidSchemaName`].
    pub fn new(name: &str) -> Result<Self, InvalidSchemaName> {
        static OTHERS: Mutex<Vec<&'static Other>> = Mutex::new(Vec::new());
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let begins = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        let is_taken = name.starts_with("pg_") || ["information_schema", "logs"].contains(&name);
        if !is_plain || !begins || name.len() > 63 || is_taken {
            return Err(InvalidSchemaName);
        }
        if name == Self::MAIN.as_str() {
            return Ok(Self::MAIN);
        }
        let mut others = OTHERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.iter().find(|other| other.name == name) {
            return Ok(Self(Some(known)));
        }
        let other = Other { name: name.to_owned(), queries: Texts::default(), texts: Texts::default() };
        let other: &'static Other = Box::leak(Box::new(other));
        others.push(other);
        Ok(Self(Some(other)))
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        self.0.map_or("main", |other| &other.name)
    }

    /// A query of an entity that reads from this schema's tables. It is made once.
    pub(crate) fn query(self, text: &'static str) -> &'static str {
        self.0.map_or(text, |other| other.queries.placed(&other.name, text))
    }

    /// A text of a migration or an adoption that works in this schema. It is made once.
    pub(crate) fn text(self, text: &'static str) -> &'static str {
        self.0.map_or(text, |other| other.texts.placed(&other.name, text))
    }
}

impl PartialEq for SchemaName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for SchemaName {}

impl fmt::Debug for SchemaName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Texts with a schema's name in them: a list that only grows, so that it is read without a lock.
#[derive(Default)]
struct Texts(OnceLock<Box<Text>>);

struct Text {
    of: &'static str,
    placed: String,
    next: Texts,
}

/// A query of an entity as `SQLite` reads it, where the audit log is no schema of its own. It is made once.
pub(crate) fn on_sqlite(text: &'static str) -> &'static str {
    static TEXTS: Texts = Texts(OnceLock::new());
    TEXTS.made(text, || text.replace("logs.audit_logs", "main.audit_logs"))
}

impl Texts {
    fn placed(&'static self, name: &str, text: &'static str) -> &'static str {
        self.made(text, || place(text, name))
    }

    fn made(&'static self, text: &'static str, make: impl Fn() -> String) -> &'static str {
        let mut list = self;
        loop {
            let make = || Box::new(Text { of: text, placed: make(), next: Self::default() });
            let first = list.0.get_or_init(make);
            if first.of == text {
                return &first.placed;
            }
            list = &first.next;
        }
    }
}

/// The text with the name in place of `main` and `logs`, where these name a schema: before a dot, as `'main'`, and after
/// `SCHEMA`. As an identifier it is quoted, since it may be a word of SQL.
fn place(text: &str, name: &str) -> String {
    let mut placed = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some((at, word)) = next_word(rest) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        placed.push_str(before);
        let whole = &text[..text.len() - rest.len() + at];
        match spelling(whole, after, rest[at..].starts_with(ACTOR)) {
            Spelling::Identifier => {
                placed.push('"');
                placed.push_str(name);
                placed.push('"');
            }
            Spelling::Bare => placed.push_str(name),
            Spelling::Other => placed.push_str(word),
        }
        rest = after;
    }
    placed.push_str(rest);
    placed
}

/// Where the next of the words is.
fn next_word(text: &str) -> Option<(usize, &'static str)> {
    WORDS.iter().filter_map(|word| Some((text.find(word)?, *word))).min()
}

/// How a name stands in a text.
enum Spelling {
    /// As an identifier without quotes.
    Identifier,
    /// Between quotes.
    Bare,
    /// It is no schema's name.
    Other,
}

/// How a word stands between what is before and after it.
fn spelling(before: &str, after: &str, is_setting: bool) -> Spelling {
    let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '$' | '.');
    if is_setting || before.ends_with(is_part) {
        return Spelling::Other;
    }
    // What a dot ends a sentence before is no identifier.
    let names = |symbol: char| symbol.is_ascii_lowercase() || matches!(symbol, '_' | '"' | '%');
    let is_qualifier = |after: &str| after.strip_prefix('.').is_some_and(|table| table.starts_with(names));
    let is_quoted = before.ends_with('"') && after.strip_prefix('"').is_some_and(is_qualifier);
    let is_literal = before.ends_with('\'') && after.starts_with('\'');
    if is_quoted || is_literal {
        Spelling::Bare
    } else if is_qualifier(after) || before.ends_with("SCHEMA ") && !after.starts_with(is_part) {
        Spelling::Identifier
    } else {
        Spelling::Other
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidSchemaName, SchemaName, place};

    #[test]
    fn a_name_is_a_plain_identifier() {
        let longest = "a".repeat(63);
        for name in ["main", "acme", "order", "_1", "a_b2", "public", &longest] {
            assert_eq!(SchemaName::new(name).unwrap().as_str(), name);
        }
        let longer = "a".repeat(64);
        for name in ["", "Acme", "1a", "a-b", "a b", "a.b", "a\"b", "ä", "pg_a", "logs", "information_schema", &longer]
        {
            assert_eq!(SchemaName::new(name), Err(InvalidSchemaName), "{name}");
        }
        assert_eq!(SchemaName::new("main").unwrap(), SchemaName::MAIN);
        assert_ne!(SchemaName::new("acme").unwrap(), SchemaName::MAIN);
    }

    #[test]
    fn a_text_is_made_once_and_that_of_main_is_the_text_itself() {
        const TEXT: &str = "SELECT id FROM main.users";
        let (main, acme, other) = (SchemaName::MAIN, SchemaName::new("acme").unwrap(), SchemaName::new("b").unwrap());
        assert!(std::ptr::eq(main.query(TEXT), TEXT));
        assert_eq!(acme.query(TEXT), "SELECT id FROM \"acme\".users");
        assert_eq!(acme.query("SELECT 1 FROM main.roles"), "SELECT 1 FROM \"acme\".roles");
        assert!(std::ptr::eq(acme.query(TEXT), SchemaName::new("acme").unwrap().query(TEXT)));
        assert_eq!(other.query(TEXT), "SELECT id FROM \"b\".users");
    }

    #[test]
    fn the_name_stands_where_the_text_names_a_schema() {
        for (text, wanted) in [
            ("ALTER TABLE main.users", r#"ALTER TABLE "order".users"#),
            ("FROM (main.users, logs.audit_logs)", r#"FROM ("order".users, "order".audit_logs)"#),
            (r#"FROM "main"."users""#, r#"FROM "order"."users""#),
            ("to_regclass('main.jwt_keys')", r#"to_regclass('"order".jwt_keys')"#),
            ("format('ON main.%1$s', name)", r#"format('ON "order".%1$s', name)"#),
            ("nspname IN ('main', 'logs')", "nspname IN ('order', 'order')"),
            (
                "CREATE SCHEMA main; COMMENT ON SCHEMA logs IS ''",
                r#"CREATE SCHEMA "order"; COMMENT ON SCHEMA "order" IS ''"#,
            ),
        ] {
            assert_eq!(place(text, "order"), wanted);
        }
        for text in [
            "current_setting('logs.actor', true)",
            "-- What is in main.\n-- Tables of `main`, logs of it",
            "domain.users, x.main.y, \"main\", main_1.x, 'logs of'",
            "SCHEMA main_2, mainly, remain",
        ] {
            assert_eq!(place(text, "order"), text);
        }
    }
}
