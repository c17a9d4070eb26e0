-- Tenants with a role each, and the key that verifies the callers' tokens.
--
-- psql's variables: tenants (how many), key_id, public_key. The audit log and the checks of foreign keys
-- are left out while loading; `functions.sql` was read before.
SET session_replication_role = replica;

CREATE TABLE IF NOT EXISTS main.jwt_keys (
    id          serial       PRIMARY KEY,
    key_id      varchar(100) NOT NULL UNIQUE,
    public_key  text         NOT NULL,
    private_key text         NOT NULL DEFAULT '',
    created_on  timestamp    DEFAULT now()
);
INSERT INTO main.jwt_keys (key_id, public_key) VALUES (:'key_id', :'public_key');

INSERT INTO main.tenants (id, name, status, key, website, address, city, state, zip, country, created_by, modified_by, created_on, modified_on)
SELECT
    bench.id(1, n), 'Tenant ' || n, 1, 'tenant-' || n, 'https://tenant-' || n || '.example', n || ' Main Street',
    'City ' || n % 97, 'State ' || n % 13, lpad((n % 100000)::text, 5, '0'), 'Country ' || n % 5,
    bench.id(4, 1), bench.id(4, 1), bench.moment(n), bench.moment(n)
FROM generate_series(1, :tenants) AS n;

INSERT INTO main.roles (id, name, tenant_id, permissions, role_type, description, created_by, modified_by, created_on, modified_on)
SELECT
    bench.id(2, n * 10 + 2), 'member', bench.id(1, n), '{ViewTenant,ViewTenantUser}', 0, 'Reads',
    bench.id(4, 1), bench.id(4, 1), bench.moment(n), bench.moment(n)
FROM generate_series(1, :tenants) AS n;
