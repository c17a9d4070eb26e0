-- Drops what 0005 made.
DROP INDEX idx_roles_beyond_ascii;
DROP INDEX idx_groups_beyond_ascii;
