-- Drops what 0010 made. Groups give nothing then: members hold what their own roles and permissions grant.
DROP TABLE main.group_groups;
DROP TABLE main.group_roles;
