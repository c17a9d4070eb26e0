-- What an adopted database is given and keeps, also after the way back: repeating does no harm.

SET LOCAL client_min_messages = warning;

-- Whoever writes is named by an id; as integers, no write of these columns could succeed.
ALTER TABLE main.tenant_configs
  ALTER COLUMN created_by TYPE varchar(100),
  ALTER COLUMN modified_by TYPE varchar(100);

-- Where no authentication service shares the database.
CREATE TABLE IF NOT EXISTS main.jwt_keys (
  id          serial       NOT NULL CONSTRAINT pk_jwt_keys_id PRIMARY KEY,
  key_id      varchar(100) NOT NULL CONSTRAINT uq_jwt_keys_key_id UNIQUE,
  public_key  text         NOT NULL,
  private_key text         NOT NULL DEFAULT '',
  created_on  timestamp    DEFAULT (date_trunc('milliseconds', now()) AT TIME ZONE 'UTC')
);

-- The function of the first migration: ids without quotation marks, and no secrets.
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
