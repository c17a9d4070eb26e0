//! What of other programs is in the way of the first migration on `PostgreSQL`: tables, views, types and functions of the names that it gives.

use tokio_postgres::GenericClient;

use super::super::obstacles::{exists, made};
use super::super::{MigrateError, ledger_error};
use super::Plan;
use crate::schema_name::SchemaName;

/// What is there of these names: what it is, schema, name, columns. A type in the way of a table has none.
const THERE: &str = "
  WITH made AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS made (kind, schema, name, place)
  ),
  there AS (
    SELECT made.*, c.oid, CASE c.relkind
      WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table'
      WHEN 'c' THEN 'type' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'table' END AS what
    FROM made
    JOIN pg_namespace n ON n.nspname = made.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = made.name
    WHERE made.kind <> 'function'
    UNION ALL
    SELECT made.*, t.oid, 'type'
    FROM made
    JOIN pg_namespace n ON n.nspname = made.schema
    JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = made.name
    WHERE made.kind <> 'function' AND t.typrelid = 0
    UNION ALL
    SELECT made.*, p.oid, 'function'
    FROM made
    JOIN pg_namespace n ON n.nspname = made.schema
    JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = made.name
    WHERE made.kind = 'function' AND p.pronargs = 0
  )
  SELECT what, schema, name, ARRAY(
    SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = there.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
  )
  FROM there ORDER BY place";

/// All that is in the way, in words.
pub(super) async fn obstacles(client: &impl GenericClient, plan: &Plan) -> Result<Vec<String>, MigrateError> {
    let Some(first) = plan.migrations.first() else { return Ok(Vec::new()) };
    let all = made(first.up).map(|(kind, name)| (kind, name, &[][..]));
    there(client, plan.schema, all.chain(shared(plan))).await
}

/// Tables that another program may have made, where they are not as this one needs them.
pub(super) async fn unfit(client: &impl GenericClient, plan: &Plan) -> Result<Vec<String>, MigrateError> {
    there(client, plan.schema, shared(plan)).await
}

/// What may be there, by kind and name; with the columns by which it is recognised, if it may be another's.
type Named<'a> = (&'a str, &'a str, &'a [&'a str]);

fn shared(plan: &Plan) -> impl Iterator<Item = Named<'static>> {
    let shared = plan.adoption.as_ref().map_or(&[][..], |adoption| adoption.shared);
    shared.iter().map(|(table, columns)| ("table", *table, *columns))
}

async fn there<'a>(
    client: &impl GenericClient,
    schema: SchemaName,
    all: impl Iterator<Item = Named<'a>>,
) -> Result<Vec<String>, MigrateError> {
    let all: Vec<_> = all
        .filter_map(|(kind, name, columns)| {
            let (word, name) = name.split_once('.')?;
            // Beside tables in another schema than `main` the audit log lies in the same.
            let of = if schema == SchemaName::MAIN { word } else { schema.as_str() };
            Some((kind, of, name, columns))
        })
        .collect();
    let kinds: Vec<_> = all.iter().map(|(kind, ..)| *kind).collect();
    let schemas: Vec<_> = all.iter().map(|(_, schema, ..)| *schema).collect();
    let names: Vec<_> = all.iter().map(|(.., name, _)| *name).collect();
    let rows = client.query(THERE, &[&kinds, &schemas, &names]).await.map_err(ledger_error)?;
    let mut obstacles = Vec::new();
    for row in rows {
        let get = |at| row.try_get::<_, String>(at).map_err(ledger_error);
        let (what, schema, name) = (get(0)?, get(1)?, get(2)?);
        let present: Vec<String> = row.try_get(3).map_err(ledger_error)?;
        let needed = all.iter().find(|known| known.1 == schema && known.2 == name).map_or(&[][..], |known| known.3);
        let lacking: Vec<_> =
            needed.iter().filter(|column| !present.iter().any(|there| there == *column)).copied().collect();
        let exists = exists(&what, &format!("{schema}.{name}"));
        if needed.is_empty() {
            obstacles.push(exists);
        } else if !lacking.is_empty() {
            obstacles.push(format!("{exists}, and lacks {}", lacking.join(", ")));
        }
    }
    Ok(obstacles)
}
