-- Drops what 0013 made. A tenant that is being purged is then an archived one, of which rows are missing already.
DROP INDEX main.idx_user_tenant_prefs_user_tenant_id;
DROP INDEX main.idx_user_permissions_user_tenant_id;
DROP INDEX main.idx_user_groups_group_id;
ALTER TABLE logs.audit_logs DROP COLUMN erased_on;
ALTER TABLE main.tenants DROP COLUMN purging_on;
