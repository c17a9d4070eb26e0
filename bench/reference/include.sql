-- A tenant, and 20 of the users that are at home in it and members of it: both statements in one round trip.
-- users.sql explains `LATERAL` with a limit, and `IS NOT TRUE`.
\startpipeline
SELECT
    deleted, deleted_on, deleted_by, created_on, modified_on, created_by, modified_by, id, name, status, key, website,
    address, city, state, zip, country
FROM main.tenants
WHERE id = :tenant AND NOT deleted;
SELECT
    u.deleted, u.deleted_on, u.deleted_by, u.created_on, u.modified_on, u.created_by, u.modified_by, u.id, u.first_name,
    u.last_name, u.middle_name, u.username, u.email, u.designation, u.phone, u.auth_client_ids, u.last_login,
    u.photo_url, u.gender, u.dob, u.default_tenant_id
FROM (
    SELECT user_id FROM main.user_tenants WHERE tenant_id = :tenant AND deleted IS NOT TRUE ORDER BY user_id
) AS ut
CROSS JOIN LATERAL (
    SELECT * FROM main.users WHERE id = ut.user_id AND default_tenant_id = :tenant AND NOT deleted LIMIT 1
) AS u
ORDER BY ut.user_id
LIMIT 20 OFFSET :skip;
\endpipeline
