-- Rows that are inserted are logged a statement at a time: one INSERT for all of them, in place of one for each.
-- Changes and deletions stay as they were, one for each row; docs/adr/0030 says what was measured.

-- Parents before their children, as those who write to several of them do.
LOCK TABLE
  main.tenants, main.tenant_configs, main.roles, main.users, main.user_credentials, main.user_tenants, main.groups,
  main.user_groups, main.user_permissions, main.user_invitations, main.user_tenant_prefs
  IN ACCESS EXCLUSIVE MODE;

-- Arguments: the line's `log_type`, then the table's secrets by name and in order, which `changed_secrets` names. Of
-- whatever table, columns that go by the name of a secret stay out of the log.
CREATE FUNCTION logs.audit_insert() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- A table that a later migration adds has its two triggers there, as these are.
DO $$
DECLARE
  logged record;
BEGIN
  FOR logged IN SELECT * FROM (VALUES
    ('tenants', 'TENANT_LOGS', ''),
    ('tenant_configs', 'TENANT_CONFIG_LOGS', ''),
    ('roles', 'ROLE_LOGS', ''),
    ('users', 'USER_LOGS', ''),
    ('user_credentials', 'USER_CREDENTIAL_LOGS', ', ''auth_token'', ''password'', ''secret_key'''),
    ('user_tenants', 'USER_TENANT_LOGS', ''),
    ('groups', 'GROUP_LOGS', ''),
    ('user_groups', 'USER_GROUP_LOGS', ''),
    ('user_permissions', 'USER_PERMISSION_LOGS', ''),
    ('user_invitations', 'USER_INVITATION_LOGS', ', ''token'''),
    ('user_tenant_prefs', 'USER_TENANT_PREF_LOGS', '')
  ) AS list (name, log_type, secrets) LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS %1$s_audit_trigger ON main.%1$s', logged.name);
    EXECUTE format(
      'CREATE TRIGGER %1$s_audit_trigger AFTER UPDATE OR DELETE ON main.%1$s
       FOR EACH ROW EXECUTE FUNCTION logs.audit_trigger(%2$L)', logged.name, logged.log_type);
    EXECUTE format(
      'CREATE TRIGGER %1$s_audit_insert AFTER INSERT ON main.%1$s REFERENCING NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION logs.audit_insert(%2$L%3$s)', logged.name, logged.log_type, logged.secrets);
  END LOOP;
END
$$;
