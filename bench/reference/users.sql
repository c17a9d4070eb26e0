-- A page of 20 users of a tenant, in the order of their ids, which the index on (tenant_id, user_id) has.
-- PostgreSQL settles on one plan for tenants of any size, and thinks of one of middling size; so it must be kept from
-- two mistakes. `LATERAL` with a limit: it would join all users before it orders them. `IS NOT TRUE`: it would read the
-- partial index on (user_id, tenant_id) from one end to the other. No order is asked for outside, where it would sort
-- once more: the inner one holds through the joins, which bench/campaign.py makes sure of.
-- What a tenant must not see of a guest is left to the reader of the rows, who has status and default tenant to tell.
SELECT
    ut.deleted, ut.deleted_on, ut.deleted_by, ut.created_on, ut.modified_on, u.created_by, u.modified_by, u.id,
    u.first_name, u.last_name, u.middle_name, u.username, u.email, u.designation, u.phone, u.auth_client_ids,
    u.last_login, u.photo_url, u.gender, u.dob, u.default_tenant_id, ut.status, ut.tenant_id, ut.role_id, t.name, t.key,
    r.name, ut.id
FROM (SELECT id, name, key FROM main.tenants WHERE id = :tenant AND NOT deleted) AS t
CROSS JOIN LATERAL (
    SELECT * FROM main.user_tenants WHERE tenant_id = t.id AND deleted IS NOT TRUE ORDER BY user_id
) AS ut
CROSS JOIN LATERAL (SELECT * FROM main.users WHERE id = ut.user_id AND NOT deleted LIMIT 1) AS u
CROSS JOIN LATERAL (SELECT * FROM main.roles WHERE id = ut.role_id AND NOT deleted LIMIT 1) AS r
LIMIT 20 OFFSET :skip;
