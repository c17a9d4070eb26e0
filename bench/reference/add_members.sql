-- A hundred live members of the tenant into a group of it.
\set n :n + 1
\set number :first + :n * :clients + :client_id
\set group 1 + :number
\set before mod(:number * 100, :members)
INSERT INTO main.user_groups (id, user_tenant_id, group_id, created_by, modified_by)
SELECT gen_random_uuid(), ut.id, g.id, :caller, :caller
FROM main.groups AS g, main.user_tenants AS ut
WHERE g.id = ('01900000-0005-7000-8000-' || lpad(to_hex(:group::bigint), 12, '0'))::uuid
    AND g.tenant_id = :tenant AND NOT g.deleted
    AND ut.tenant_id = :tenant AND NOT ut.deleted
    AND ut.id = ANY (ARRAY(
        SELECT ('01900000-0004-7000-8000-' || lpad(to_hex((:before + place) * :step::bigint + :rest::bigint), 12, '0'))::uuid
        FROM generate_series(1, 100) AS place
    ))
RETURNING id, user_tenant_id, group_id;
