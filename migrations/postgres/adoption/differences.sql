-- What a database of the original, or of the authentication service beside it, must have to be adopted, and this one
-- lacks: a line of text each. No lines: it can be adopted. Further tables and columns, and longer texts, are the owner's business and no difference.
WITH
  -- `text` stands for every type of text, `%` for any type.
  expected (relation, columns) AS (VALUES
    ('logs.audit_logs', '{
      id uuid, operation_name text, operation_time timestamptz, table_name text, log_type text, entity_id text,
      user_id text, before jsonb, after jsonb}'),
    ('main.auth_clients', '{
      id int4, client_id text, client_secret text, redirect_url text, access_token_expiration int4,
      refresh_token_expiration int4, auth_code_expiration int4, secret text, created_by text, modified_by text,
      created_on timestamptz, modified_on timestamptz, deleted bool, client_type text, deleted_on timestamptz,
      deleted_by uuid}'),
    ('main.groups', '{
      id uuid, name text, description text, photo_url text, tenant_id uuid, created_by uuid, modified_by uuid,
      created_on timestamptz, modified_on timestamptz, deleted bool, deleted_on timestamptz, deleted_by uuid}'),
    ('main.roles', '{
      id uuid, name text, tenant_id uuid, created_on timestamptz, modified_on timestamptz, created_by uuid,
      modified_by uuid, deleted bool, permissions _text, allowed_clients _text, role_type int4,
      description text, deleted_by uuid, deleted_on timestamptz}'),
    ('main.tenant_configs', '{
      id uuid, config_key text, config_value jsonb, created_on timestamptz, modified_on timestamptz,
      created_by %, modified_by %, deleted bool, tenant_id uuid, deleted_by uuid, deleted_on timestamptz}'),
    ('main.tenants', '{
      id uuid, name text, status int4, created_on timestamptz, modified_on timestamptz, created_by uuid,
      modified_by uuid, deleted bool, key text, address text, city text, state text, zip text, country text,
      deleted_on timestamptz, deleted_by uuid, website text}'),
    ('main.user_credentials', '{
      id uuid, user_id uuid, auth_provider text, auth_id text, secret_key text, auth_token text, password text,
      created_by text, modified_by text, created_on timestamptz, modified_on timestamptz, deleted bool,
      deleted_on timestamptz, deleted_by uuid}'),
    ('main.user_groups', '{
      id uuid, user_tenant_id uuid, group_id uuid, created_on timestamptz, modified_on timestamptz,
      deleted bool, created_by uuid, modified_by uuid, deleted_on timestamptz, deleted_by uuid}'),
    ('main.user_invitations', '{
      id uuid, created_by uuid, created_on timestamptz, deleted bool, deleted_by uuid, deleted_on timestamptz,
      expires_on timestamptz, modified_by uuid, modified_on timestamptz, token text, user_tenant_id uuid}'),
    ('main.user_permissions', '{
      id uuid, user_tenant_id uuid, permission text, allowed bool, created_on timestamptz,
      modified_on timestamptz, created_by uuid, modified_by uuid, deleted bool, deleted_on timestamptz,
      deleted_by uuid}'),
    ('main.user_tenant_prefs', '{
      id uuid, config_key text, config_value jsonb, created_on timestamptz, modified_on timestamptz,
      created_by uuid, modified_by uuid, deleted bool, user_tenant_id uuid, deleted_by uuid,
      deleted_on timestamptz}'),
    ('main.user_tenants', '{
      id uuid, user_id uuid, tenant_id uuid, role_id uuid, created_by text, modified_by text,
      created_on timestamptz, modified_on timestamptz, deleted bool, status int4, locale text, deleted_by uuid,
      deleted_on timestamptz}'),
    ('main.users', '{
      id uuid, first_name text, middle_name text, last_name text, username text, email text, phone text,
      created_on timestamptz, modified_on timestamptz, created_by uuid, modified_by uuid, deleted bool,
      last_login timestamptz, photo_url text, auth_client_ids _int4, gender text, dob date, designation text,
      default_tenant_id uuid, deleted_by uuid, deleted_on timestamptz}'),
    ('main.v_users', '{
      id uuid, first_name text, middle_name text, last_name text, username text, email text, phone text,
      created_on timestamptz, modified_on timestamptz, created_by uuid, modified_by uuid, deleted bool,
      deleted_by uuid, deleted_on timestamptz, last_login timestamptz, photo_url text, auth_client_ids _int4,
      gender text, dob date, designation text, default_tenant_id uuid, tenant_id uuid, user_tenant_id uuid,
      role_id uuid, status int4, name text, key text, rolename text}')
  ),
  -- What the authentication service's own migrations leave to the original's. Where none of it is there, it is added.
  left_out (relation) AS (VALUES
    ('logs.audit_logs'), ('main.groups'), ('main.user_groups'), ('main.user_invitations'), ('main.user_tenant_prefs'),
    ('main.v_users')
  ),
  found AS (
    SELECT
      format(CASE n.nspname WHEN 'main' THEN 'main.%s' ELSE 'logs.%s' END, c.relname) AS relation, c.oid,
      array_agg(concat_ws(' ', a.attname, CASE WHEN t.typcategory = 'S' THEN 'text' ELSE t.typname END)) AS columns
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE n.nspname IN ('main', 'logs') AND c.relkind IN ('r', 'p', 'v')
    GROUP BY n.nspname, c.relname, c.oid
  )
SELECT format('%s is not there', relation)
FROM expected
WHERE relation NOT IN (SELECT relation FROM found)
  AND (relation NOT IN (SELECT relation FROM left_out) OR EXISTS (SELECT FROM left_out JOIN found USING (relation)))
  -- Beside tables in another schema than `main` the original has no log of their own: it is made.
  AND NOT (relation = 'logs.audit_logs' AND 'logs' = 'main')
UNION ALL
SELECT format('%s lacks %s', relation, string_agg(lacking, ', '))
FROM expected JOIN found USING (relation)
CROSS JOIN unnest(expected.columns::text[]) AS lacking
WHERE NOT EXISTS (SELECT FROM unnest(found.columns) AS present WHERE present LIKE lacking)
GROUP BY relation
UNION ALL
SELECT format('%s lacks a primary key', relation)
FROM expected JOIN found USING (relation)
WHERE relation <> 'main.v_users'
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = found.oid AND k.contype = 'p')
UNION ALL
SELECT format('%s lacks the constraint %s', relation, name)
FROM (VALUES
  ('main.tenants', 'idx_tenants'),
  ('main.user_credentials', 'idx_user_credentials_user_id'),
  ('main.user_credentials', 'idx_user_credentials_uniq')
) AS required (relation, name)
JOIN found USING (relation)
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = found.oid AND k.conname = name)
ORDER BY 1
