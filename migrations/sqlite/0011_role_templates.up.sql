-- Templates of roles, which are the deployment's, each version a row that never changes; where a role is from; and which keys
-- roles and members had before there was a catalogue, by which the program tells whether products here have keys of their own.

CREATE TABLE role_templates (
  id TEXT NOT NULL CONSTRAINT pk_role_templates_id PRIMARY KEY CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) <= 100),
  version INTEGER NOT NULL,
  description TEXT CHECK (length(description) <= 500),
  role_type INTEGER,
  permissions TEXT NOT NULL CHECK (json_valid(permissions)),
  retired_on TEXT CHECK (length(retired_on) = 24),
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT ck_role_templates_version CHECK (version >= 1),
  CONSTRAINT ck_role_templates_role_type CHECK (role_type BETWEEN 0 AND 15)
) STRICT;
CREATE UNIQUE INDEX uq_role_templates_name_version ON role_templates (lower(name), version) WHERE NOT deleted;

ALTER TABLE roles ADD COLUMN template_name TEXT;
ALTER TABLE roles ADD COLUMN template_version INTEGER;
CREATE INDEX idx_roles_template_name ON roles (template_name, id) WHERE template_name IS NOT NULL;

-- Ids are the same in every database. What a deployment does with other tenants' rows no template grants: CreateTenant.
INSERT INTO role_templates (id, name, version, description, role_type, permissions) VALUES
  ('0190c3a0-7b1e-7000-8000-0000000000a1', 'owner', 1, 'May do all that a tenant may do with its own, and delete it.', 0, json_array(
    'ViewAllTenantOfSelf', 'CreateUserGroup', 'CreateMultipleUserGroup', 'ViewUserGroupList',
    'RemoveMemberFromUserGroup', 'CreateGroup', 'ViewGroupList', 'UpdateGroup', 'DeleteGroup', 'ViewRoles',
    'CreateRoles', 'UpdateRoles', 'DeleteRoles', 'ViewTenantUser', 'CreateTenantUser', 'UpdateTenantUser',
    'DeleteTenantUser', 'ViewTenant', 'UpdateTenant', 'DeleteTenant', 'CreateUserTenantPreference',
    'ViewUserTenantPreference', 'DeleteUserTenantPreference', 'DeleteHardUserTenantPreference', 'ViewUserTenant',
    'CreateUserTenant', 'UpdateUserTenant', 'DeleteUserTenant', 'ViewUserPermissions', 'CreateUserPermissions',
    'UpdateUserPermissions', 'ViewEvents', 'ViewUserInvitation', 'CreateUserInvitation', 'DeleteUserInvitation',
    'ResetUserPassword'
  )),
  ('0190c3a0-7b1e-7000-8000-0000000000a2', 'administrator', 1, 'Keeps users, roles, groups and settings of the tenant.', 0, json_array(
    'ViewAllTenantOfSelf', 'CreateUserGroup', 'CreateMultipleUserGroup', 'ViewUserGroupList',
    'RemoveMemberFromUserGroup', 'CreateGroup', 'ViewGroupList', 'UpdateGroup', 'DeleteGroup', 'ViewRoles',
    'CreateRoles', 'UpdateRoles', 'DeleteRoles', 'ViewTenantUser', 'CreateTenantUser', 'UpdateTenantUser',
    'DeleteTenantUser', 'ViewTenant', 'UpdateTenant', 'CreateUserTenantPreference', 'ViewUserTenantPreference',
    'DeleteUserTenantPreference', 'DeleteHardUserTenantPreference', 'ViewUserTenant', 'CreateUserTenant',
    'UpdateUserTenant', 'DeleteUserTenant', 'ViewUserPermissions', 'CreateUserPermissions', 'UpdateUserPermissions',
    'ViewEvents', 'ViewUserInvitation', 'CreateUserInvitation', 'DeleteUserInvitation', 'ResetUserPassword'
  )),
  ('0190c3a0-7b1e-7000-8000-0000000000a3', 'member', 1, 'Works in the tenant, and sees who else does.', 1, json_array(
    'ViewAllTenantOfSelf', 'ViewUserGroupList', 'ViewGroupList', 'ViewTenantUser', 'ViewTenant',
    'CreateUserTenantPreference', 'ViewUserTenantPreference', 'DeleteUserTenantPreference',
    'DeleteHardUserTenantPreference'
  )),
  ('0190c3a0-7b1e-7000-8000-0000000000a4', 'viewer', 1, 'Reads what the tenant has, and changes nothing.', 1, json_array(
    'ViewAllTenantOfSelf', 'ViewUserGroupList', 'ViewGroupList', 'ViewRoles', 'ViewTenantUser', 'ViewTenant',
    'ViewUserTenantPreference', 'ViewUserTenant', 'ViewUserPermissions'
  ));

CREATE TABLE older_permissions (
  id INTEGER NOT NULL CONSTRAINT pk_older_permissions_id PRIMARY KEY,
  permission TEXT NOT NULL
) STRICT;
INSERT INTO older_permissions (id, permission)
SELECT row_number() OVER (ORDER BY key), key FROM (
  SELECT each.value AS key FROM roles, json_each(roles.permissions) AS each WHERE NOT roles.deleted
  UNION
  SELECT permission FROM user_permissions WHERE NOT deleted
) AS held
WHERE key IS NOT NULL;
