-- Drops what 0011 made. Roles stay as they are, and nobody knows any more which templates they are of.
DROP TABLE older_permissions;
DROP INDEX idx_roles_template_name;
ALTER TABLE roles DROP COLUMN template_version;
ALTER TABLE roles DROP COLUMN template_name;
DROP TABLE role_templates;
