-- A line of the audit log is an event: it has a position, by which readers follow, and says in which tenant's name it was
-- written, by what kind of actor, on which request, from which address, and why. Lines that are older have no position.
ALTER TABLE logs.audit_logs
  ADD COLUMN position bigint,
  ADD COLUMN tenant_id uuid,
  ADD COLUMN actor_kind text,
  ADD COLUMN request_id text,
  ADD COLUMN client_address text,
  ADD COLUMN reason text;

CREATE SEQUENCE logs.audit_positions OWNED BY logs.audit_logs.position;
-- Whoever may change a row of ours writes a line, and needs no right that it did not need before.
GRANT USAGE, SELECT ON SEQUENCE logs.audit_positions TO PUBLIC;
ALTER TABLE logs.audit_logs ALTER COLUMN position SET DEFAULT nextval('logs.audit_positions');

CREATE INDEX idx_audit_logs_position ON logs.audit_logs (position) WHERE position IS NOT NULL;
CREATE INDEX idx_audit_logs_tenant_id ON logs.audit_logs (tenant_id, position) WHERE position IS NOT NULL;

-- The tenant of a row where neither the row nor its writer says it: whoever writes beside the service. By the owner's
-- rights, since the writer needs none to read.
CREATE FUNCTION logs.audit_tenant(line jsonb) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT coalesce(
    (SELECT tenant_id FROM main.user_tenants WHERE id = (line ->> 'user_tenant_id')::uuid),
    (line ->> 'default_tenant_id')::uuid
  )
$$;

-- The setting has, each but the first perhaps empty or missing: author, kind of actor, tenant, request, address, reason.
CREATE OR REPLACE FUNCTION logs.audit_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  secrets CONSTANT text[] := '{auth_token,client_secret,password,secret,secret_key,token}';
  said CONSTANT text[] := string_to_array(current_setting('logs.actor', true), E'\x1f', '');
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  line CONSTANT jsonb := coalesce(new_row, old_row);
  changed text[];
BEGIN
  IF line ?| secrets THEN
    changed := ARRAY(
      SELECT name FROM unnest(secrets) AS name WHERE old_row ->> name IS DISTINCT FROM new_row ->> name ORDER BY name
    );
    old_row := old_row - secrets;
    new_row := new_row - secrets;
  END IF;
  INSERT INTO logs.audit_logs (
    operation_name, table_name, log_type, entity_id, user_id, before, after, changed_secrets,
    tenant_id, actor_kind, request_id, client_address, reason
  )
  VALUES (
    TG_OP, TG_TABLE_NAME, TG_ARGV[0], line ->> 'id', said[1], old_row, new_row, nullif(changed, '{}'),
    coalesce(
      (CASE TG_TABLE_NAME WHEN 'tenants' THEN line ->> 'id' ELSE coalesce(line ->> 'tenant_id', said[3]) END)::uuid,
      logs.audit_tenant(line)
    ),
    said[2], said[4], said[5], said[6]
  );
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION logs.audit_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  secrets CONSTANT text[] := '{auth_token,client_secret,password,secret,secret_key,token}';
  said CONSTANT text[] := string_to_array(current_setting('logs.actor', true), E'\x1f', '');
BEGIN
  -- Two statements, since one that could name secrets is dearer, whether or not there are any.
  IF TG_NARGS = 1 THEN
    INSERT INTO logs.audit_logs (
      operation_name, table_name, log_type, entity_id, user_id, after,
      tenant_id, actor_kind, request_id, client_address, reason
    )
    SELECT
      TG_OP, TG_TABLE_NAME, TG_ARGV[0], n.id, said[1], n.line - secrets,
      coalesce(
        (CASE TG_TABLE_NAME WHEN 'tenants' THEN n.line ->> 'id' ELSE coalesce(n.line ->> 'tenant_id', said[3]) END)::uuid,
        logs.audit_tenant(n.line)
      ),
      said[2], said[4], said[5], said[6]
    -- OFFSET keeps the planner from writing the document out wherever it is named.
    FROM (SELECT r.id, to_jsonb(r) AS line FROM new_rows AS r OFFSET 0) AS n;
  ELSE
    INSERT INTO logs.audit_logs (
      operation_name, table_name, log_type, entity_id, user_id, after, changed_secrets,
      tenant_id, actor_kind, request_id, client_address, reason
    )
    SELECT
      TG_OP, TG_TABLE_NAME, TG_ARGV[0], n.id, said[1], n.line - secrets,
      nullif(ARRAY(SELECT name FROM unnest(TG_ARGV[1:]) AS name WHERE n.line ->> name IS NOT NULL), '{}'),
      coalesce(coalesce(n.line ->> 'tenant_id', said[3])::uuid, logs.audit_tenant(n.line)),
      said[2], said[4], said[5], said[6]
    FROM (SELECT r.id, to_jsonb(r) AS line FROM new_rows AS r OFFSET 0) AS n;
  END IF;
  RETURN NULL;
END
$$;
