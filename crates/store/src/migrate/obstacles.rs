//! What the first migration makes, by its text, so that what is there under one of these names is said before anything is tried.

/// Beginnings of the statements that make something with a name, and what that is.
const STATEMENTS: [(&str, &str); 3] =
    [("CREATE TABLE ", "table"), ("CREATE VIEW ", "view"), ("CREATE FUNCTION ", "function")];

/// Kind and name of all that a text makes. What it makes under a condition stands within a block, and is not among them.
pub(super) fn made(text: &str) -> impl Iterator<Item = (&'static str, &str)> {
    text.lines().filter_map(|line| {
        let (kind, rest) =
            STATEMENTS.iter().find_map(|(statement, kind)| Some((*kind, line.strip_prefix(statement)?)))?;
        Some((kind, rest.split([' ', '(']).next()?))
    })
}

/// In words: something of this kind is there.
pub(super) fn exists(kind: &str, name: &str) -> String {
    format!("{kind} {name} already exists")
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_a_text_makes_is_read_from_it() {
        let text = "-- CREATE TABLE of.words\nDO $$\n  CREATE TABLE main.perhaps (\n$$;\nCREATE TABLE main.users (\n  id uuid);\n\
                    CREATE UNIQUE INDEX a ON main.users (id);\nCREATE VIEW main.v AS\nCREATE FUNCTION main.f() RETURNS";
        let made: Vec<_> = super::made(text).collect();
        assert_eq!(made, [("table", "main.users"), ("view", "main.v"), ("function", "main.f")]);
    }
}
