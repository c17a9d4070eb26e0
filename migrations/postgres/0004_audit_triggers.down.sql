-- Puts back the triggers of 0001, which write a line for each row.
LOCK TABLE
  main.tenants, main.tenant_configs, main.roles, main.users, main.user_credentials, main.user_tenants, main.groups,
  main.user_groups, main.user_permissions, main.user_invitations, main.user_tenant_prefs
  IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
  logged record;
BEGIN
  FOR logged IN SELECT * FROM (VALUES
    ('tenants', 'TENANT_LOGS'),
    ('tenant_configs', 'TENANT_CONFIG_LOGS'),
    ('roles', 'ROLE_LOGS'),
    ('users', 'USER_LOGS'),
    ('user_credentials', 'USER_CREDENTIAL_LOGS'),
    ('user_tenants', 'USER_TENANT_LOGS'),
    ('groups', 'GROUP_LOGS'),
    ('user_groups', 'USER_GROUP_LOGS'),
    ('user_permissions', 'USER_PERMISSION_LOGS'),
    ('user_invitations', 'USER_INVITATION_LOGS'),
    ('user_tenant_prefs', 'USER_TENANT_PREF_LOGS')
  ) AS list (name, log_type) LOOP
    EXECUTE format('DROP TRIGGER %1$s_audit_insert ON main.%1$s', logged.name);
    EXECUTE format('DROP TRIGGER %1$s_audit_trigger ON main.%1$s', logged.name);
    EXECUTE format(
      'CREATE TRIGGER %1$s_audit_trigger AFTER INSERT OR UPDATE OR DELETE ON main.%1$s
       FOR EACH ROW EXECUTE FUNCTION logs.audit_trigger(%2$L)', logged.name, logged.log_type);
  END LOOP;
END
$$;

DROP FUNCTION logs.audit_insert();
