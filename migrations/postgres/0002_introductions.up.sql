-- How a tenant introduced a person whom another tenant knew already: the names that it sent. Until the person comes, these
-- and no others are shown to it. The column may be null, so that programs that do not know it write as before.
ALTER TABLE main.user_tenants ADD COLUMN introduction jsonb;
