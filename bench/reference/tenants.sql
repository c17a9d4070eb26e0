-- The first 20 live tenants that match, in the order of their ids. The limit is a literal: bound, it costs a plan a call.
SELECT
    deleted, deleted_on, deleted_by, created_on, modified_on, created_by, modified_by, id, name, status, key, website,
    address, city, state, zip, country
FROM main.tenants
WHERE NOT deleted AND status = 1 AND country = 'Country 3'
ORDER BY id
LIMIT 20;
