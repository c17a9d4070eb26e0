-- Drops what 0013 made. A tenant that is being purged is then an archived one, of which rows are missing already.
DROP INDEX idx_user_tenant_prefs_user_tenant_id;
DROP INDEX idx_user_permissions_user_tenant_id;
DROP INDEX idx_user_groups_group_id;
ALTER TABLE audit_logs DROP COLUMN erased_on;
ALTER TABLE tenants DROP COLUMN purging_on;
