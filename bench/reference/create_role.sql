-- A role; that its name is new in the tenant, and the tenant there, is for the constraints to say.
\set n :n + 1
\set number :first + :n * :clients + :client_id
INSERT INTO main.roles (id, name, tenant_id, permissions, role_type, created_by, modified_by, created_on, modified_on)
VALUES (
    gen_random_uuid(), 'role ' || :number::text, :tenant, '{ViewTenant,ViewTenantUser}', 2,
    :caller, :caller, date_trunc('milliseconds', now()), date_trunc('milliseconds', now())
);
