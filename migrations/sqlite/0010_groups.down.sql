-- Drops what 0010 made. Groups give nothing then: members hold what their own roles and permissions grant.
DROP TABLE group_groups;
DROP TABLE group_roles;
