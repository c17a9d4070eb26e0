-- As users.sql, for a page that skips hundreds of thousands: joining all at once in the order of the two indexes is cheaper then.
SELECT
    ut.deleted, ut.deleted_on, ut.deleted_by, ut.created_on, ut.modified_on, u.created_by, u.modified_by, u.id,
    u.first_name, u.last_name, u.middle_name, u.username, u.email, u.designation, u.phone, u.auth_client_ids,
    u.last_login, u.photo_url, u.gender, u.dob, u.default_tenant_id, ut.status, ut.tenant_id, ut.role_id, t.name, t.key,
    r.name, ut.id
FROM main.user_tenants AS ut
JOIN main.users AS u ON u.id = ut.user_id
JOIN main.tenants AS t ON t.id = ut.tenant_id
JOIN main.roles AS r ON r.id = ut.role_id
WHERE ut.tenant_id = :tenant AND NOT ut.deleted AND NOT u.deleted AND NOT t.deleted AND NOT r.deleted
ORDER BY ut.user_id
LIMIT 20 OFFSET :skip;
