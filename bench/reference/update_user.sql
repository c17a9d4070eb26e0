-- Two columns of a user that is a live member of the tenant.
\set n :n + 1
\set number :first + :n * :clients + :client_id
\set user (2 + mod(:number, :others)) * :step + :rest
UPDATE main.users AS u
SET first_name = 'Ann ' || :number::text, designation = 'Director', modified_by = :caller
FROM main.user_tenants AS ut
WHERE u.id = ('01900000-0003-7000-8000-' || lpad(to_hex(:user::bigint), 12, '0'))::uuid AND NOT u.deleted
    AND ut.user_id = u.id AND ut.tenant_id = :tenant AND NOT ut.deleted;
