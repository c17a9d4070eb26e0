-- An inserted row is made a document once, and not once more for each secret of its table: the log is the same, and takes
-- a fifth less time of a table that has three (docs/adr/0030).

-- Arguments: the line's `log_type`, then the table's secrets by name and in order, which `changed_secrets` names. Of
-- whatever table, columns that go by the name of a secret stay out of the log.
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
      TG_OP, TG_TABLE_NAME, TG_ARGV[0], n.id, nullif(current_setting('logs.actor', true), ''), n.line - secrets,
      nullif(ARRAY(SELECT name FROM unnest(TG_ARGV[1:]) AS name WHERE n.line ->> name IS NOT NULL), '{}')
    -- OFFSET keeps the planner from writing the document out wherever it is named.
    FROM (SELECT r.id, to_jsonb(r) AS line FROM new_rows AS r OFFSET 0) AS n;
  END IF;
  RETURN NULL;
END
$$;
