-- A row that another program writes as it was is no event: the authentication service saves whole rows, of which the trigger
-- of the table changes the time. What a session of ours says that it touches stays one.
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
  -- Nobody has said anything, or somebody in another transaction of the same connection.
  IF coalesce(said, '{}') = '{}' AND TG_OP = 'UPDATE' AND coalesce(changed, '{}') = '{}'
    AND old_row - 'modified_on' = new_row - 'modified_on'
  THEN
    RETURN NULL;
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
