-- What the life of tenants, memberships and people needs beside their statuses. Each may be null, so that programs that do
-- not know it write as before.
ALTER TABLE main.tenants
  ADD COLUMN archived_on     timestamptz,
  ADD COLUMN archived_from   integer,
  ADD COLUMN retention_days  integer,
  ADD COLUMN max_members     integer,
  ADD COLUMN max_invitations integer;
ALTER TABLE main.users ADD COLUMN deactivated_on timestamptz;
ALTER TABLE main.user_tenants ADD COLUMN suspended_from integer;
