-- Puts back the function of 0001, which takes who made a row, or changed it last, for whoever changes it.
CREATE OR REPLACE FUNCTION logs.audit_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  secrets CONSTANT text[] := '{password,secret_key,auth_token,client_secret,secret,token}';
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - secrets END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - secrets END;
BEGIN
  INSERT INTO logs.audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES (
    TG_OP, TG_TABLE_NAME, TG_ARGV[0],
    coalesce(new_row, old_row) ->> 'id',
    CASE TG_OP WHEN 'INSERT' THEN new_row ->> 'created_by' ELSE coalesce(new_row, old_row) ->> 'modified_by' END,
    old_row, new_row
  );
  RETURN NULL;
END
$$;

ALTER TABLE logs.audit_logs DROP COLUMN changed_secrets;
