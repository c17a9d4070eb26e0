-- Drops what 0001 made, and nothing that it found. RESTRICT (the default) refuses while an object of
-- somebody else still depends on one of ours.

DROP VIEW main.v_users;
DROP TABLE
  main.user_groups, main.user_permissions, main.user_invitations, main.user_tenant_prefs,
  main.user_tenants, main.user_credentials, main.tenant_configs, main.groups, main.roles,
  main.users, main.tenants, main.auth_clients, logs.audit_logs;
DROP FUNCTION logs.audit_trigger();
DROP FUNCTION main.moddatetime();

DO $$
DECLARE
  made CONSTANT text := 'made by user-tenant-service';
  schema_name text;
BEGIN
  IF obj_description(to_regclass('main.jwt_keys'), 'pg_class') = made THEN
    DROP TABLE main.jwt_keys;
  END IF;
  FOREACH schema_name IN ARRAY ARRAY['main', 'logs'] LOOP
    IF obj_description(to_regnamespace(schema_name), 'pg_namespace') = made THEN
      BEGIN
        EXECUTE format('DROP SCHEMA %I RESTRICT', schema_name);
      EXCEPTION WHEN dependent_objects_still_exist THEN
        RAISE NOTICE 'schema % holds objects of others and stays', schema_name;
      END;
    END IF;
  END LOOP;
END
$$;
