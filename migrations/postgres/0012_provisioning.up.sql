-- For which tenant a client application was made, so that it goes with the tenant. It may be null, as of those that serve several
-- tenants, or that programs make which do not know it. It refers to nothing: an application is read without its tenant.
ALTER TABLE main.auth_clients ADD COLUMN tenant_id uuid;
CREATE INDEX idx_auth_clients_tenant_id ON main.auth_clients (tenant_id) WHERE tenant_id IS NOT NULL;
