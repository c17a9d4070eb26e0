-- Tables that take no change while a publication sends their changes: a line of text each. PostgreSQL refuses UPDATE and
-- DELETE (42P10, 55000) where what is published needs a column that tells rows apart for the subscriber, the replica
-- identity, and lacks it. Publications of insertions alone do no harm.
WITH published AS (
  SELECT
    t.pubname::text AS publication, format('%I.%I', t.schemaname, t.tablename) AS relation, c.relreplident,
    t.attnames::text[] AS sent,
    -- By node tree: PostgreSQL keeps the columns of a filter nowhere else apart from those of a list.
    ARRAY(
      SELECT DISTINCT a.attname::text
      FROM regexp_matches(r.prqual::text, ':varattno (\d+)', 'g') AS matched
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = matched[1]::int2
      ORDER BY 1
    ) AS filtering,
    ARRAY(
      SELECT a.attname::text
      FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (
        c.relreplident = 'f'
        OR EXISTS (
          SELECT FROM pg_index i
          WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey)
            AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END
        )
      )
    ) AS identity
  FROM pg_publication_tables t
  JOIN pg_publication p ON p.pubname = t.pubname AND (p.pubupdate OR p.pubdelete)
  JOIN pg_namespace n ON n.nspname = t.schemaname
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
  LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
  WHERE n.nspname = 'main' AND c.relname IN (
    'auth_clients', 'groups', 'jwt_keys', 'roles', 'tenant_configs', 'tenants', 'user_credentials', 'user_groups',
    'user_invitations', 'user_permissions', 'user_tenant_prefs', 'user_tenants', 'users'
  )
)
SELECT format('the publication %s lets nobody change or delete a row of %s: ', publication, relation) || CASE
  WHEN identity = '{}' THEN format(
    'the table has no replica identity; give it one: ALTER TABLE %s REPLICA IDENTITY DEFAULT', relation)
  WHEN NOT filtering <@ identity THEN format(
    'its row filter reads %s, not all of it in the replica identity; ALTER TABLE %s REPLICA IDENTITY FULL, or drop the filter',
    array_to_string(filtering, ', '), relation)
  ELSE format(
    'its list of columns lacks some of the replica identity (%s); name these too, or publish insertions alone',
    array_to_string(identity, ', '))
END
FROM published
WHERE identity = '{}' OR NOT filtering <@ identity OR NOT identity <@ sent
ORDER BY 1
