-- What a purge needs. Columns may be null, so that programs that do not know them write as before. The indexes are the ways from a
-- parent to all of its rows, deleted ones included: whoever removes a parent for good asks for them row by row.
ALTER TABLE tenants ADD COLUMN purging_on TEXT;
-- When what a line says of a row was taken from it, where it was.
ALTER TABLE audit_logs ADD COLUMN erased_on TEXT;
CREATE INDEX idx_user_groups_group_id ON user_groups (group_id);
CREATE INDEX idx_user_permissions_user_tenant_id ON user_permissions (user_tenant_id);
CREATE INDEX idx_user_tenant_prefs_user_tenant_id ON user_tenant_prefs (user_tenant_id);
