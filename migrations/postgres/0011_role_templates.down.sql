-- Drops what 0011 made. Roles stay as they are, and nobody knows any more which templates they are of.
DROP TABLE main.older_permissions;
DROP INDEX main.idx_roles_template_name;
ALTER TABLE main.roles
  DROP COLUMN template_version,
  DROP COLUMN template_name;
DROP TABLE main.role_templates;
