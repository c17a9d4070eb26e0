-- Groups give: the roles that a group carries, and the groups that a group holds. Whoever deletes a group or a role for good
-- without knowing these tables takes their rows along, and needs to know nothing of them.

CREATE TABLE main.group_roles (
  id          uuid        NOT NULL DEFAULT gen_random_uuid(),
  group_id    uuid        NOT NULL,
  role_id     uuid        NOT NULL,
  created_by  uuid,
  modified_by uuid,
  created_on  timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  deleted     boolean     NOT NULL DEFAULT false,
  deleted_on  timestamptz,
  deleted_by  uuid,
  CONSTRAINT pk_group_roles_id PRIMARY KEY (id),
  CONSTRAINT fk_group_roles_group_id FOREIGN KEY (group_id) REFERENCES main.groups (id) ON DELETE CASCADE,
  CONSTRAINT fk_group_roles_role_id FOREIGN KEY (role_id) REFERENCES main.roles (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_group_roles_group_id_role_id ON main.group_roles (group_id, role_id) WHERE NOT deleted;
-- The ways from a parent to its rows, deleted ones included (foreign keys look for those too).
CREATE INDEX idx_group_roles_group_id ON main.group_roles (group_id);
CREATE INDEX idx_group_roles_role_id ON main.group_roles (role_id);

CREATE TABLE main.group_groups (
  id              uuid        NOT NULL DEFAULT gen_random_uuid(),
  -- The group that holds.
  group_id        uuid        NOT NULL,
  -- The group that is held: whoever is in it is in the other as well.
  member_group_id uuid        NOT NULL,
  created_by      uuid,
  modified_by     uuid,
  created_on      timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  modified_on     timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  deleted         boolean     NOT NULL DEFAULT false,
  deleted_on      timestamptz,
  deleted_by      uuid,
  CONSTRAINT pk_group_groups_id PRIMARY KEY (id),
  CONSTRAINT fk_group_groups_group_id FOREIGN KEY (group_id) REFERENCES main.groups (id) ON DELETE CASCADE,
  CONSTRAINT fk_group_groups_member_group_id FOREIGN KEY (member_group_id) REFERENCES main.groups (id) ON DELETE CASCADE,
  CONSTRAINT ck_group_groups_itself CHECK (group_id <> member_group_id)
);
CREATE UNIQUE INDEX uq_group_groups_group_id_member_group_id ON main.group_groups (group_id, member_group_id)
  WHERE NOT deleted;
CREATE INDEX idx_group_groups_group_id ON main.group_groups (group_id);
CREATE INDEX idx_group_groups_member_group_id ON main.group_groups (member_group_id);

CREATE TRIGGER group_roles_audit_trigger AFTER UPDATE OR DELETE ON main.group_roles
  FOR EACH ROW EXECUTE FUNCTION logs.audit_trigger('GROUP_ROLE_LOGS');
CREATE TRIGGER group_roles_audit_insert AFTER INSERT ON main.group_roles REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION logs.audit_insert('GROUP_ROLE_LOGS');
CREATE TRIGGER group_groups_audit_trigger AFTER UPDATE OR DELETE ON main.group_groups
  FOR EACH ROW EXECUTE FUNCTION logs.audit_trigger('GROUP_GROUP_LOGS');
CREATE TRIGGER group_groups_audit_insert AFTER INSERT ON main.group_groups REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION logs.audit_insert('GROUP_GROUP_LOGS');
