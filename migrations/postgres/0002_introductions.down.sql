-- Drops what 0002 made. Tenants then see the names of people who have not come.
ALTER TABLE main.user_tenants DROP COLUMN introduction;
