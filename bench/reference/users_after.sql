-- The 20 users of a tenant that follow one, in the order of their ids; users.sql says why it is written so. Here the order
-- must begin with the tenant, and an array of one stand for it: after `tenant_id = t.id` PostgreSQL takes the index on
-- user_id for the shorter way, and reads past the members of all other tenants.
-- Without a tenant of 1,000,000 in the database (`bench/run` without `--full`) PostgreSQL plans it badly, and ours is faster.
SELECT
    ut.deleted, ut.deleted_on, ut.deleted_by, ut.created_on, ut.modified_on, u.created_by, u.modified_by, u.id,
    u.first_name, u.last_name, u.middle_name, u.username, u.email, u.designation, u.phone, u.auth_client_ids,
    u.last_login, u.photo_url, u.gender, u.dob, u.default_tenant_id, ut.status, ut.tenant_id, ut.role_id, t.name, t.key,
    r.name, ut.id
FROM (SELECT id, name, key FROM main.tenants WHERE id = :tenant AND NOT deleted) AS t
CROSS JOIN LATERAL (
    SELECT * FROM main.user_tenants
    WHERE tenant_id = ANY(ARRAY[t.id]) AND deleted IS NOT TRUE AND user_id > :after
    ORDER BY tenant_id, user_id
) AS ut
CROSS JOIN LATERAL (SELECT * FROM main.users WHERE id = ut.user_id AND NOT deleted LIMIT 1) AS u
CROSS JOIN LATERAL (SELECT * FROM main.roles WHERE id = ut.role_id AND NOT deleted LIMIT 1) AS r
LIMIT 20;
