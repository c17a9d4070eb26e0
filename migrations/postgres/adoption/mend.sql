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

-- What the original makes and the authentication service does not, as the first migration has it. Its foreign keys and
-- indexes are additions.
DO $$
BEGIN
  IF to_regnamespace('logs') IS NULL THEN
    CREATE SCHEMA logs;
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS main.groups (
  id          uuid         NOT NULL DEFAULT gen_random_uuid(),
  name        varchar(200) NOT NULL,
  description varchar(500),
  photo_url   text,
  tenant_id   uuid         NOT NULL,
  created_by  uuid,
  modified_by uuid,
  created_on  timestamptz  DEFAULT date_trunc('milliseconds', now()),
  modified_on timestamptz  DEFAULT date_trunc('milliseconds', now()),
  deleted     boolean      DEFAULT false,
  deleted_on  timestamptz,
  deleted_by  uuid,
  CONSTRAINT pk_groups_id PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS main.user_groups (
  id             uuid        NOT NULL DEFAULT gen_random_uuid(),
  user_tenant_id uuid        NOT NULL,
  group_id       uuid        NOT NULL,
  created_by     uuid,
  modified_by    uuid,
  created_on     timestamptz DEFAULT date_trunc('milliseconds', now()),
  modified_on    timestamptz DEFAULT date_trunc('milliseconds', now()),
  deleted        boolean     DEFAULT false,
  deleted_on     timestamptz,
  deleted_by     uuid,
  CONSTRAINT pk_user_groups_id PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS main.user_invitations (
  id             uuid         NOT NULL DEFAULT gen_random_uuid(),
  user_tenant_id uuid         NOT NULL,
  token          varchar(300) NOT NULL,
  expires_on     timestamptz  NOT NULL,
  created_by     uuid,
  modified_by    uuid,
  created_on     timestamptz  NOT NULL DEFAULT date_trunc('milliseconds', now()),
  modified_on    timestamptz  NOT NULL DEFAULT date_trunc('milliseconds', now()),
  deleted        boolean      NOT NULL DEFAULT false,
  deleted_on     timestamptz,
  deleted_by     uuid,
  CONSTRAINT pk_user_invitations_id PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS main.user_tenant_prefs (
  id             uuid           NOT NULL DEFAULT gen_random_uuid(),
  config_key     varchar(100)   NOT NULL,
  config_value   jsonb          NOT NULL,
  user_tenant_id uuid           NOT NULL,
  created_by     uuid,
  modified_by    uuid,
  created_on     timestamptz(6) NOT NULL DEFAULT date_trunc('milliseconds', now()),
  modified_on    timestamptz(6) NOT NULL DEFAULT date_trunc('milliseconds', now()),
  deleted        boolean        NOT NULL DEFAULT false,
  deleted_on     timestamptz(6),
  deleted_by     uuid,
  CONSTRAINT pk_user_tenant_prefs_id PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS logs.audit_logs (
  id             uuid           NOT NULL DEFAULT gen_random_uuid(),
  operation_name varchar(10)    NOT NULL,
  operation_time timestamptz(6) NOT NULL DEFAULT now(),
  table_name     varchar(60)    NOT NULL,
  log_type       varchar(100)   DEFAULT 'APPLICATION_LOGS',
  entity_id      varchar,
  user_id        varchar,
  before         jsonb,
  after          jsonb,
  CONSTRAINT pk_audit_logs_id PRIMARY KEY (id)
);

DO $$
BEGIN
  IF to_regclass('main.v_users') IS NULL THEN
    CREATE VIEW main.v_users AS
    SELECT
      u.id, u.first_name, u.middle_name, u.last_name, u.username, u.email, u.phone,
      ut.created_on, ut.modified_on, u.created_by, u.modified_by, ut.deleted, ut.deleted_by, ut.deleted_on,
      u.last_login, u.photo_url, u.auth_client_ids, u.gender, u.dob, u.designation, u.default_tenant_id,
      ut.tenant_id, ut.id AS user_tenant_id, ut.role_id, ut.status,
      t.name, t.key, r.name AS rolename
    FROM main.users u
    JOIN main.user_tenants ut ON ut.user_id = u.id
    JOIN main.tenants t ON t.id = ut.tenant_id
    JOIN main.roles r ON r.id = ut.role_id;
  END IF;
END
$$;

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
