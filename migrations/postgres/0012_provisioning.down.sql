-- Drops what 0012 made. Client applications stay, and belong to no tenant.
DROP INDEX main.idx_auth_clients_tenant_id;
ALTER TABLE main.auth_clients DROP COLUMN tenant_id;
