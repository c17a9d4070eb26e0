-- Drops what 0012 made. Client applications stay, and belong to no tenant.
DROP INDEX idx_auth_clients_tenant_id;
ALTER TABLE auth_clients DROP COLUMN tenant_id;
