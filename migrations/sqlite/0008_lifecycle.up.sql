-- What the life of tenants, memberships and people needs beside their statuses. Each may be null, so that programs that do
-- not know it write as before.
ALTER TABLE tenants ADD COLUMN archived_on TEXT;
ALTER TABLE tenants ADD COLUMN archived_from INTEGER;
ALTER TABLE tenants ADD COLUMN retention_days INTEGER;
ALTER TABLE tenants ADD COLUMN max_members INTEGER;
ALTER TABLE tenants ADD COLUMN max_invitations INTEGER;
ALTER TABLE users ADD COLUMN deactivated_on TEXT;
ALTER TABLE user_tenants ADD COLUMN suspended_from INTEGER;
