-- Empty groups of one tenant, for members to be added to.
--
-- psql's variables: tenant (its number), groups (how many).
SET session_replication_role = replica;

INSERT INTO main.groups (id, name, description, tenant_id, created_by, modified_by, created_on, modified_on, deleted)
SELECT
    bench.id(5, n), 'Group ' || n, 'Made for members to be added', bench.id(1, :tenant),
    bench.id(4, 1), bench.id(4, 1), bench.moment(n), bench.moment(n), false
FROM generate_series(1, :groups) AS n;
