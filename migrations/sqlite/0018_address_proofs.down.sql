-- Drops what 0018 made.
DROP TRIGGER users_address_changed;
DROP TABLE address_proofs;
