-- Templates of roles, which are the deployment's, each version a row that never changes; where a role is from; and which keys
-- roles and members had before there was a catalogue, by which the program tells whether products here have keys of their own.

CREATE TABLE main.role_templates (
  id          uuid         NOT NULL DEFAULT gen_random_uuid(),
  name        varchar(100) NOT NULL,
  version     integer      NOT NULL,
  description varchar(500),
  role_type   integer,
  permissions text[]       NOT NULL,
  retired_on  timestamptz,
  created_by  uuid,
  modified_by uuid,
  created_on  timestamptz  NOT NULL DEFAULT date_trunc('milliseconds', now()),
  modified_on timestamptz  NOT NULL DEFAULT date_trunc('milliseconds', now()),
  deleted     boolean      NOT NULL DEFAULT false,
  deleted_on  timestamptz,
  deleted_by  uuid,
  CONSTRAINT pk_role_templates_id PRIMARY KEY (id),
  CONSTRAINT ck_role_templates_version CHECK (version >= 1),
  CONSTRAINT ck_role_templates_role_type CHECK (role_type BETWEEN 0 AND 15)
);
CREATE UNIQUE INDEX uq_role_templates_name_version ON main.role_templates (lower(name), version) WHERE NOT deleted;

ALTER TABLE main.roles
  ADD COLUMN template_name    varchar(100),
  ADD COLUMN template_version integer;
CREATE INDEX idx_roles_template_name ON main.roles (template_name, id) WHERE template_name IS NOT NULL;

-- Ids are the same in every database. What a deployment does with other tenants' rows no template grants: CreateTenant.
INSERT INTO main.role_templates (id, name, version, description, role_type, permissions) VALUES
  ('0190c3a0-7b1e-7000-8000-0000000000a1', 'owner', 1, 'May do all that a tenant may do with its own, and delete it.', 0, ARRAY[
    'ViewAllTenantOfSelf', 'CreateUserGroup', 'CreateMultipleUserGroup', 'ViewUserGroupList',
    'RemoveMemberFromUserGroup', 'CreateGroup', 'ViewGroupList', 'UpdateGroup', 'DeleteGroup', 'ViewRoles',
    'CreateRoles', 'UpdateRoles', 'DeleteRoles', 'ViewTenantUser', 'CreateTenantUser', 'UpdateTenantUser',
    'DeleteTenantUser', 'ViewTenant', 'UpdateTenant', 'DeleteTenant', 'CreateUserTenantPreference',
    'ViewUserTenantPreference', 'DeleteUserTenantPreference', 'DeleteHardUserTenantPreference', 'ViewUserTenant',
    'CreateUserTenant', 'UpdateUserTenant', 'DeleteUserTenant', 'ViewUserPermissions', 'CreateUserPermissions',
    'UpdateUserPermissions', 'ViewEvents', 'ViewUserInvitation', 'CreateUserInvitation', 'DeleteUserInvitation',
    'ResetUserPassword'
  ]),
  ('0190c3a0-7b1e-7000-8000-0000000000a2', 'administrator', 1, 'Keeps users, roles, groups and settings of the tenant.', 0, ARRAY[
    'ViewAllTenantOfSelf', 'CreateUserGroup', 'CreateMultipleUserGroup', 'ViewUserGroupList',
    'RemoveMemberFromUserGroup', 'CreateGroup', 'ViewGroupList', 'UpdateGroup', 'DeleteGroup', 'ViewRoles',
    'CreateRoles', 'UpdateRoles', 'DeleteRoles', 'ViewTenantUser', 'CreateTenantUser', 'UpdateTenantUser',
    'DeleteTenantUser', 'ViewTenant', 'UpdateTenant', 'CreateUserTenantPreference', 'ViewUserTenantPreference',
    'DeleteUserTenantPreference', 'DeleteHardUserTenantPreference', 'ViewUserTenant', 'CreateUserTenant',
    'UpdateUserTenant', 'DeleteUserTenant', 'ViewUserPermissions', 'CreateUserPermissions', 'UpdateUserPermissions',
    'ViewEvents', 'ViewUserInvitation', 'CreateUserInvitation', 'DeleteUserInvitation', 'ResetUserPassword'
  ]),
  ('0190c3a0-7b1e-7000-8000-0000000000a3', 'member', 1, 'Works in the tenant, and sees who else does.', 1, ARRAY[
    'ViewAllTenantOfSelf', 'ViewUserGroupList', 'ViewGroupList', 'ViewTenantUser', 'ViewTenant',
    'CreateUserTenantPreference', 'ViewUserTenantPreference', 'DeleteUserTenantPreference',
    'DeleteHardUserTenantPreference'
  ]),
  ('0190c3a0-7b1e-7000-8000-0000000000a4', 'viewer', 1, 'Reads what the tenant has, and changes nothing.', 1, ARRAY[
    'ViewAllTenantOfSelf', 'ViewUserGroupList', 'ViewGroupList', 'ViewRoles', 'ViewTenantUser', 'ViewTenant',
    'ViewUserTenantPreference', 'ViewUserTenant', 'ViewUserPermissions'
  ]);

CREATE TRIGGER role_templates_audit_trigger AFTER UPDATE OR DELETE ON main.role_templates
  FOR EACH ROW EXECUTE FUNCTION logs.audit_trigger('ROLE_TEMPLATE_LOGS');
CREATE TRIGGER role_templates_audit_insert AFTER INSERT ON main.role_templates REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION logs.audit_insert('ROLE_TEMPLATE_LOGS');

CREATE TABLE main.older_permissions (
  id         integer NOT NULL,
  permission text    NOT NULL,
  CONSTRAINT pk_older_permissions_id PRIMARY KEY (id)
);
INSERT INTO main.older_permissions (id, permission)
SELECT row_number() OVER (ORDER BY key), key FROM (
  SELECT unnest(permissions) AS key FROM main.roles WHERE NOT deleted
  UNION
  SELECT permission FROM main.user_permissions WHERE NOT deleted
) AS held
WHERE key IS NOT NULL;
