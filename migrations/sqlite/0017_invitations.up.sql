-- Invitations into a tenant, by address. The original's table of that purpose needs a membership, and so a person, before anybody
-- has come; it stays as it is. Roles, groups and who invited are looked for when somebody comes: they refer to nothing, so that
-- none of them is held back by an invitation.

CREATE TABLE invitations (
  id TEXT NOT NULL CONSTRAINT pk_invitations_id PRIMARY KEY CHECK (length(id) = 36),
  tenant_id TEXT NOT NULL CHECK (length(tenant_id) = 36),
  address TEXT NOT NULL CHECK (length(address) <= 150),
  first_name TEXT CHECK (length(first_name) <= 50),
  last_name TEXT CHECK (length(last_name) <= 50),
  role_id TEXT NOT NULL CHECK (length(role_id) = 36),
  group_ids TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(group_ids)),
  locale TEXT CHECK (length(locale) <= 5),
  -- The membership that invites; null where it was the operator.
  inviter_id TEXT CHECK (length(inviter_id) = 36),
  by_master INTEGER NOT NULL CHECK (by_master IN (0, 1)),
  -- Hashes of what is in the mail, and in the link that callers are given: named as the log knows secrets.
  token TEXT CHECK (length(token) <= 64),
  secret TEXT CHECK (length(secret) <= 64),
  expires_on TEXT NOT NULL CHECK (length(expires_on) = 24),
  status TEXT NOT NULL,
  delivery TEXT NOT NULL,
  delivery_reason TEXT CHECK (length(delivery_reason) <= 500),
  accepted_by TEXT CHECK (length(accepted_by) = 36),
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_invitations_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  CONSTRAINT ck_invitations_status CHECK (status IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
  CONSTRAINT ck_invitations_delivery CHECK (delivery IN ('queued', 'sent', 'refused'))
) STRICT;
CREATE UNIQUE INDEX uq_invitations_tenant_id_address ON invitations (tenant_id, lower(address))
  WHERE status = 'pending' AND NOT deleted;
CREATE UNIQUE INDEX uq_invitations_token ON invitations (token);
CREATE UNIQUE INDEX uq_invitations_secret ON invitations (secret);
-- The way from a tenant to its rows, deleted ones included.
CREATE INDEX idx_invitations_tenant_id ON invitations (tenant_id, id);
-- By the address, in the order in which one row is looked for: otherwise the index above would be read from its beginning.
CREATE INDEX idx_invitations_tenant_id_address ON invitations (tenant_id, lower(address), id);
