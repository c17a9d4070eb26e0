-- Drops what 0001 made, children before their parents; indexes and triggers go with their tables.

DROP VIEW v_users;
DROP TABLE user_groups;
DROP TABLE user_permissions;
DROP TABLE user_invitations;
DROP TABLE user_tenant_prefs;
DROP TABLE user_tenants;
DROP TABLE user_credentials;
DROP TABLE tenant_configs;
DROP TABLE groups;
DROP TABLE roles;
DROP TABLE users;
DROP TABLE tenants;
DROP TABLE auth_clients;
DROP TABLE jwt_keys;
DROP TABLE audit_logs;
