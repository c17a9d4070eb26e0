-- The members of the measured tenants, in the order in which they joined; the first of each is an administrator, in
-- whose name requests are sent.
--
-- psql's variables: tenants (rows of number and members, as an SQL list of VALUES), permissions (separated by commas).
SET session_replication_role = replica;

CREATE TEMPORARY TABLE joined AS
SELECT measured.tenant, place, bench.member(measured.tenant, measured.members, place) AS n
FROM (VALUES :tenants) AS measured (tenant, members), generate_series(1::bigint, measured.members) AS place;

INSERT INTO main.roles (id, name, tenant_id, permissions, role_type, description, created_by, modified_by, created_on, modified_on)
SELECT
    bench.id(2, tenant * 10 + 1), 'administrator', bench.id(1, tenant), string_to_array(:'permissions', ','), 0,
    'Does everything', bench.id(4, n), bench.id(4, n), bench.moment(n), bench.moment(n)
FROM joined
WHERE place = 1;

INSERT INTO main.users (
    id, first_name, middle_name, last_name, username, email, phone, last_login, photo_url, auth_client_ids, gender, dob,
    designation, default_tenant_id, created_by, modified_by, created_on, modified_on
)
SELECT
    bench.id(3, n), 'First' || n % 1009, CASE n % 4 WHEN 0 THEN 'Middle' END, 'Last' || n % 4013,
    'user' || n, 'user' || n || '@tenant-' || tenant || '.example', '+4179' || lpad((n % 10000000)::text, 7, '0'),
    bench.moment(n + 1000), 'https://pictures.example/' || n || '.png', '{1}',
    CASE n % 3 WHEN 0 THEN 'F' WHEN 1 THEN 'M' ELSE 'O' END, date '1960-01-01' + (n % 15000)::integer, 'Engineer',
    bench.id(1, tenant), bench.id(4, n), bench.id(4, n), bench.moment(n), bench.moment(n)
FROM joined
ORDER BY n;

INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, locale, created_by, modified_by, created_on, modified_on)
SELECT
    bench.id(4, n), bench.id(3, n), bench.id(1, tenant), bench.id(2, tenant * 10 + CASE place WHEN 1 THEN 1 ELSE 2 END),
    1, 'en', bench.id(4, n), bench.id(4, n), bench.moment(n), bench.moment(n)
FROM joined
ORDER BY n;
