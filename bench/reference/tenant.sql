-- One live tenant by its id, all columns of the answer.
SELECT
    deleted, deleted_on, deleted_by, created_on, modified_on, created_by, modified_by, id, name, status, key, website,
    address, city, state, zip, country
FROM main.tenants
WHERE id = :tenant AND NOT deleted;
