-- Drops what 0005 made.
DROP INDEX main.idx_roles_beyond_ascii, main.idx_groups_beyond_ascii;
