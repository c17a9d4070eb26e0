-- Invitations into a tenant, by address. The original's table of that purpose needs a membership, and so a person, before anybody
-- has come; it stays as it is. Roles, groups and who invited are looked for when somebody comes: they refer to nothing, so that
-- none of them is held back by an invitation.

CREATE TABLE main.invitations (
  id              uuid         NOT NULL DEFAULT gen_random_uuid(),
  tenant_id       uuid         NOT NULL,
  address         varchar(150) NOT NULL,
  first_name      varchar(50),
  last_name       varchar(50),
  role_id         uuid         NOT NULL,
  group_ids       text[]       NOT NULL DEFAULT '{}',
  locale          varchar(5),
  -- The membership that invites; null where it was the operator.
  inviter_id      uuid,
  by_master       boolean      NOT NULL,
  -- Hashes of what is in the mail, and in the link that callers are given: named as the log knows secrets.
  token           varchar(64),
  secret          varchar(64),
  expires_on      timestamptz  NOT NULL,
  status          text         NOT NULL,
  delivery        text         NOT NULL,
  delivery_reason varchar(500),
  accepted_by     uuid,
  created_by      uuid,
  modified_by     uuid,
  created_on      timestamptz  NOT NULL DEFAULT date_trunc('milliseconds', now()),
  modified_on     timestamptz  NOT NULL DEFAULT date_trunc('milliseconds', now()),
  deleted         boolean      NOT NULL DEFAULT false,
  deleted_on      timestamptz,
  deleted_by      uuid,
  CONSTRAINT pk_invitations_id PRIMARY KEY (id),
  CONSTRAINT fk_invitations_tenant_id FOREIGN KEY (tenant_id) REFERENCES main.tenants (id) ON DELETE CASCADE,
  CONSTRAINT ck_invitations_status CHECK (status IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
  CONSTRAINT ck_invitations_delivery CHECK (delivery IN ('queued', 'sent', 'refused'))
);
CREATE UNIQUE INDEX uq_invitations_tenant_id_address ON main.invitations (tenant_id, lower(address))
  WHERE status = 'pending' AND NOT deleted;
CREATE UNIQUE INDEX uq_invitations_token ON main.invitations (token);
CREATE UNIQUE INDEX uq_invitations_secret ON main.invitations (secret);
-- The way from a tenant to its rows, deleted ones included.
CREATE INDEX idx_invitations_tenant_id ON main.invitations (tenant_id, id);
-- By the address, in the order in which one row is looked for: otherwise the index above would be read from its beginning.
CREATE INDEX idx_invitations_tenant_id_address ON main.invitations (tenant_id, lower(address), id);

CREATE TRIGGER invitations_audit_trigger AFTER UPDATE OR DELETE ON main.invitations
  FOR EACH ROW EXECUTE FUNCTION logs.audit_trigger('INVITATION_LOGS');
CREATE TRIGGER invitations_audit_insert AFTER INSERT ON main.invitations REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION logs.audit_insert('INVITATION_LOGS', 'secret', 'token');
