-- Puts back the function of 0004.
CREATE OR REPLACE FUNCTION logs.audit_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  secrets CONSTANT text[] := '{auth_token,client_secret,password,secret,secret_key,token}';
BEGIN
  -- Two statements, since one that could name secrets is dearer, whether or not there are any.
  IF TG_NARGS = 1 THEN
    INSERT INTO logs.audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
    SELECT
      TG_OP, TG_TABLE_NAME, TG_ARGV[0], n.id, nullif(current_setting('logs.actor', true), ''), to_jsonb(n) - secrets
    FROM new_rows AS n;
  ELSE
    INSERT INTO logs.audit_logs (operation_name, table_name, log_type, entity_id, user_id, after, changed_secrets)
    SELECT
      TG_OP, TG_TABLE_NAME, TG_ARGV[0], n.id, nullif(current_setting('logs.actor', true), ''), to_jsonb(n) - secrets,
      nullif(ARRAY(SELECT name FROM unnest(TG_ARGV[1:]) AS name WHERE to_jsonb(n) ->> name IS NOT NULL), '{}')
    FROM new_rows AS n;
  END IF;
  RETURN NULL;
END
$$;
