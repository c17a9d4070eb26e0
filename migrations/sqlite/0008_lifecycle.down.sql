-- Drops what 0008 made. Archived tenants are then suspended ones, people who are deactivated are not any more, and no
-- tenant has a limit.
ALTER TABLE user_tenants DROP COLUMN suspended_from;
ALTER TABLE users DROP COLUMN deactivated_on;
ALTER TABLE tenants DROP COLUMN archived_on;
ALTER TABLE tenants DROP COLUMN archived_from;
ALTER TABLE tenants DROP COLUMN retention_days;
ALTER TABLE tenants DROP COLUMN max_members;
ALTER TABLE tenants DROP COLUMN max_invitations;
