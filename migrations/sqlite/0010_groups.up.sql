-- Groups give: the roles that a group carries, and the groups that a group holds. Whoever deletes a group or a role for good
-- without knowing these tables takes their rows along, and needs to know nothing of them.

CREATE TABLE group_roles (
  id TEXT NOT NULL CONSTRAINT pk_group_roles_id PRIMARY KEY CHECK (length(id) = 36),
  group_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_group_roles_group_id FOREIGN KEY (group_id) REFERENCES groups (id) ON DELETE CASCADE,
  CONSTRAINT fk_group_roles_role_id FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX uq_group_roles_group_id_role_id ON group_roles (group_id, role_id) WHERE NOT deleted;
-- The ways from a parent to its rows, deleted ones included (foreign keys look for those too).
CREATE INDEX idx_group_roles_group_id ON group_roles (group_id);
CREATE INDEX idx_group_roles_role_id ON group_roles (role_id);

CREATE TABLE group_groups (
  id TEXT NOT NULL CONSTRAINT pk_group_groups_id PRIMARY KEY CHECK (length(id) = 36),
  -- The group that holds.
  group_id TEXT NOT NULL,
  -- The group that is held: whoever is in it is in the other as well.
  member_group_id TEXT NOT NULL,
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_group_groups_group_id FOREIGN KEY (group_id) REFERENCES groups (id) ON DELETE CASCADE,
  CONSTRAINT fk_group_groups_member_group_id FOREIGN KEY (member_group_id) REFERENCES groups (id) ON DELETE CASCADE,
  CONSTRAINT ck_group_groups_itself CHECK (group_id <> member_group_id)
) STRICT;
CREATE UNIQUE INDEX uq_group_groups_group_id_member_group_id ON group_groups (group_id, member_group_id)
  WHERE NOT deleted;
CREATE INDEX idx_group_groups_group_id ON group_groups (group_id);
CREATE INDEX idx_group_groups_member_group_id ON group_groups (member_group_id);
