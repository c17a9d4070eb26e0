-- Who changed a row is who says so. A session of ours names its actor for the transaction, in the setting `logs.actor`;
-- whoever does not, the authentication service and psql among them, leaves `user_id` null. Of the columns that stay out of
-- the log, the names of those that a change set are kept.
ALTER TABLE logs.audit_logs ADD COLUMN changed_secrets text[];

CREATE OR REPLACE FUNCTION logs.audit_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  secrets CONSTANT text[] := '{auth_token,client_secret,password,secret,secret_key,token}';
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  changed text[];
BEGIN
  IF coalesce(new_row, old_row) ?| secrets THEN
    changed := ARRAY(
      SELECT name FROM unnest(secrets) AS name WHERE old_row ->> name IS DISTINCT FROM new_row ->> name ORDER BY name
    );
    old_row := old_row - secrets;
    new_row := new_row - secrets;
  END IF;
  INSERT INTO logs.audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after, changed_secrets)
  VALUES (
    TG_OP, TG_TABLE_NAME, TG_ARGV[0],
    coalesce(new_row, old_row) ->> 'id',
    -- Empty: the session has named one before, in another transaction.
    nullif(current_setting('logs.actor', true), ''),
    old_row, new_row, nullif(changed, '{}')
  );
  RETURN NULL;
END
$$;
