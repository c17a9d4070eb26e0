-- A user, its credentials and its membership, in one statement; that the names are new is for the constraints to say.
\set n :n + 1
\set number :first + :n * :clients + :client_id
WITH person AS (
    INSERT INTO main.users (
        id, first_name, last_name, username, email, auth_client_ids, default_tenant_id, created_by, modified_by
    )
    SELECT
        gen_random_uuid(), 'Ann', 'New', 'new' || :number::text, 'new' || :number::text || '@bench.example',
        creator.auth_client_ids, role.tenant_id, :caller, :caller
    FROM main.roles AS role, main.users AS creator
    WHERE role.id = :role AND role.tenant_id = :tenant AND NOT role.deleted AND creator.id = :creator
    RETURNING id
), credentials AS (
    INSERT INTO main.user_credentials (id, user_id, auth_provider, created_by, modified_by)
    SELECT gen_random_uuid(), id, 'keycloak', :caller::text, :caller::text FROM person
)
INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, locale, created_by, modified_by)
SELECT gen_random_uuid(), id, :tenant, :role, 0, 'en', :caller::text, :caller::text FROM person;
