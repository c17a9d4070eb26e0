-- Drops what 0018 made.
DROP TRIGGER users_address_changed ON main.users;
DROP FUNCTION main.address_changed();
DROP TABLE main.address_proofs;
