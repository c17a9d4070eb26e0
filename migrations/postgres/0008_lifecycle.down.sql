-- Drops what 0008 made. Archived tenants are then suspended ones, people who are deactivated are not any more, and no
-- tenant has a limit.
ALTER TABLE main.user_tenants DROP COLUMN suspended_from;
ALTER TABLE main.users DROP COLUMN deactivated_on;
ALTER TABLE main.tenants
  DROP COLUMN archived_on,
  DROP COLUMN archived_from,
  DROP COLUMN retention_days,
  DROP COLUMN max_members,
  DROP COLUMN max_invitations;
