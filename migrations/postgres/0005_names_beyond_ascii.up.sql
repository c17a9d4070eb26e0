-- A name in ASCII is compared with those of its tenant that have other letters, `sales` with a `ſales`: these are few, and
-- found without a walk over all that the tenant has. The program repeats the condition letter by letter.
--
-- A pattern, and not two lengths that differ: how seldom it holds, the statistics of names tell. Of the lengths it is
-- expected that they differ in nearly all rows, so that another index is taken; and with an encoding of one byte a
-- character they never do.

-- Both before either is built, in the order in which writers take them. They wait, readers do not.
LOCK TABLE main.roles, main.groups IN SHARE MODE;

CREATE INDEX idx_roles_beyond_ascii ON main.roles (tenant_id, id) WHERE NOT deleted AND name ~ '[^[:ascii:]]';
CREATE INDEX idx_groups_beyond_ascii ON main.groups (tenant_id, id) WHERE NOT deleted AND name ~ '[^[:ascii:]]';
