-- A name in ASCII is compared with those of its tenant that have other letters, `sales` with a `ſales`: these are few, and
-- found without a walk over all that the tenant has. The program repeats the condition letter by letter.
CREATE INDEX idx_roles_beyond_ascii ON roles (tenant_id, id)
  WHERE NOT deleted AND length(CAST(name AS BLOB)) <> length(name);
CREATE INDEX idx_groups_beyond_ascii ON groups (tenant_id, id)
  WHERE NOT deleted AND length(CAST(name AS BLOB)) <> length(name);
