-- The first schema for SQLite: the same tables, columns, constraints, indexes and audit log as on PostgreSQL.
--
-- Partial indexes are used only by queries that spell their predicate alike: NOT deleted.
--
-- How the types of PostgreSQL are kept: uuid as TEXT in lower case; timestamptz as TEXT of exactly 24
-- characters, `YYYY-MM-DDTHH:MM:SS.sssZ` in UTC, which sorts as time does; date as TEXT `YYYY-MM-DD`;
-- boolean as INTEGER 0 or 1; jsonb and arrays as JSON text; varchar(n) as TEXT with a CHECK.
-- Ids are made by the writer (PostgreSQL has a default for them).
--
-- Everything here works in plain SQLite: no function of the application's own is used, so that the
-- file can be opened, checked and mended with the `sqlite3` shell. `lower` in the indexes is therefore
-- the built-in one, which folds ASCII only; the service normalises other letters before they get here,
-- and must never register a function of its own under that name.

CREATE TABLE auth_clients (
  id INTEGER NOT NULL,
  client_id TEXT NOT NULL CHECK (length(client_id) <= 50),
  client_secret TEXT NOT NULL,
  redirect_url TEXT CHECK (length(redirect_url) <= 200),
  access_token_expiration INTEGER NOT NULL DEFAULT 900,
  refresh_token_expiration INTEGER NOT NULL DEFAULT 86400,
  auth_code_expiration INTEGER NOT NULL DEFAULT 180,
  secret TEXT NOT NULL,
  client_type TEXT DEFAULT 'public' CHECK (length(client_type) <= 100),
  created_by TEXT CHECK (length(created_by) <= 100),
  modified_by TEXT CHECK (length(modified_by) <= 100),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT pk_auth_clients_id PRIMARY KEY (id AUTOINCREMENT)
) STRICT;

CREATE TABLE tenants (
  id TEXT NOT NULL CONSTRAINT pk_tenants_id PRIMARY KEY CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) <= 100),
  status INTEGER NOT NULL DEFAULT 0,
  key TEXT NOT NULL CHECK (length(key) <= 20),
  website TEXT CHECK (length(website) <= 100),
  address TEXT CHECK (length(address) <= 500),
  city TEXT CHECK (length(city) <= 100),
  state TEXT CHECK (length(state) <= 100),
  zip TEXT CHECK (length(zip) <= 25),
  country TEXT CHECK (length(country) <= 25),
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  -- The key of a deleted tenant stays taken: it may live on in addresses and invoices.
  CONSTRAINT idx_tenants UNIQUE (key),
  CONSTRAINT ck_tenants_status CHECK (status BETWEEN 0 AND 2)
) STRICT;

CREATE TABLE roles (
  id TEXT NOT NULL CONSTRAINT pk_roles_id PRIMARY KEY CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) <= 100),
  tenant_id TEXT NOT NULL,
  permissions TEXT CHECK (permissions IS NULL OR json_valid(permissions)),
  allowed_clients TEXT CHECK (allowed_clients IS NULL OR json_valid(allowed_clients)),
  role_type INTEGER DEFAULT 0,
  description TEXT CHECK (length(description) <= 500),
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_roles_tenants FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT ck_roles_role_type CHECK (role_type BETWEEN 0 AND 15)
) STRICT;

CREATE TABLE users (
  id TEXT NOT NULL CONSTRAINT pk_users_id PRIMARY KEY CHECK (length(id) = 36),
  first_name TEXT NOT NULL CHECK (length(first_name) <= 50),
  middle_name TEXT CHECK (length(middle_name) <= 50),
  last_name TEXT CHECK (length(last_name) <= 50),
  username TEXT NOT NULL CHECK (length(username) <= 150),
  email TEXT CHECK (length(email) <= 150),
  phone TEXT CHECK (length(phone) <= 15),
  last_login TEXT CHECK (length(last_login) = 24),
  photo_url TEXT,
  auth_client_ids TEXT CHECK (auth_client_ids IS NULL OR json_valid(auth_client_ids)),
  gender TEXT CHECK (length(gender) <= 1),
  dob TEXT CHECK (length(dob) = 10),
  designation TEXT CHECK (length(designation) <= 50),
  default_tenant_id TEXT,
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_users_default_tenant FOREIGN KEY (default_tenant_id) REFERENCES tenants (id)
) STRICT;

CREATE TABLE groups (
  id TEXT NOT NULL CONSTRAINT pk_groups_id PRIMARY KEY CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) <= 200),
  description TEXT CHECK (length(description) <= 500),
  photo_url TEXT,
  tenant_id TEXT NOT NULL,
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_groups_tenants FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) STRICT;

CREATE TABLE tenant_configs (
  id TEXT NOT NULL CONSTRAINT pk_tenant_configs_id PRIMARY KEY CHECK (length(id) = 36),
  config_key TEXT NOT NULL CHECK (length(config_key) <= 100),
  config_value TEXT NOT NULL CHECK (json_valid(config_value)),
  tenant_id TEXT NOT NULL,
  created_by TEXT CHECK (length(created_by) <= 100),
  modified_by TEXT CHECK (length(modified_by) <= 100),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_tenant_configs_tenants FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) STRICT;

CREATE TABLE user_credentials (
  id TEXT NOT NULL CONSTRAINT pk_user_credentials_id PRIMARY KEY CHECK (length(id) = 36),
  user_id TEXT NOT NULL,
  auth_provider TEXT NOT NULL DEFAULT 'internal' CHECK (length(auth_provider) <= 50),
  auth_id TEXT CHECK (length(auth_id) <= 100),
  secret_key TEXT,
  auth_token TEXT CHECK (length(auth_token) <= 100),
  password TEXT CHECK (length(password) <= 60),
  created_by TEXT CHECK (length(created_by) <= 100),
  modified_by TEXT CHECK (length(modified_by) <= 100),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT idx_user_credentials_user_id UNIQUE (user_id),
  CONSTRAINT idx_user_credentials_uniq UNIQUE (auth_provider, auth_id, auth_token, password),
  CONSTRAINT fk_user_credentials_users FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT;

CREATE TABLE user_tenants (
  id TEXT NOT NULL CONSTRAINT pk_user_tenants_id PRIMARY KEY CHECK (length(id) = 36),
  user_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  status INTEGER NOT NULL DEFAULT 0,
  locale TEXT CHECK (length(locale) <= 5),
  created_by TEXT CHECK (length(created_by) <= 100),
  modified_by TEXT CHECK (length(modified_by) <= 100),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_user_tenants_users FOREIGN KEY (user_id) REFERENCES users (id),
  CONSTRAINT fk_user_tenants_tenants FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT fk_user_tenants_roles FOREIGN KEY (role_id) REFERENCES roles (id),
  CONSTRAINT ck_user_tenants_status CHECK (status BETWEEN 0 AND 12)
) STRICT;

CREATE TABLE user_groups (
  id TEXT NOT NULL CONSTRAINT pk_user_groups_id PRIMARY KEY CHECK (length(id) = 36),
  user_tenant_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_user_tenant FOREIGN KEY (user_tenant_id) REFERENCES user_tenants (id),
  CONSTRAINT fk_groups FOREIGN KEY (group_id) REFERENCES groups (id)
) STRICT;

CREATE TABLE user_permissions (
  id TEXT NOT NULL CONSTRAINT pk_user_permissions_id PRIMARY KEY CHECK (length(id) = 36),
  user_tenant_id TEXT NOT NULL,
  permission TEXT NOT NULL,
  allowed INTEGER NOT NULL CHECK (allowed IN (0, 1)),
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_user_permissions FOREIGN KEY (user_tenant_id) REFERENCES user_tenants (id)
) STRICT;

CREATE TABLE user_invitations (
  id TEXT NOT NULL CONSTRAINT pk_user_invitations_id PRIMARY KEY CHECK (length(id) = 36),
  user_tenant_id TEXT NOT NULL,
  token TEXT NOT NULL CHECK (length(token) <= 300),
  expires_on TEXT NOT NULL CHECK (length(expires_on) = 24),
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_user_invitations_user_tenants FOREIGN KEY (user_tenant_id) REFERENCES user_tenants (id)
) STRICT;

CREATE TABLE user_tenant_prefs (
  id TEXT NOT NULL CONSTRAINT pk_user_tenant_prefs_id PRIMARY KEY CHECK (length(id) = 36),
  config_key TEXT NOT NULL CHECK (length(config_key) <= 100),
  config_value TEXT NOT NULL CHECK (json_valid(config_value)),
  user_tenant_id TEXT NOT NULL,
  created_by TEXT CHECK (length(created_by) = 36),
  modified_by TEXT CHECK (length(modified_by) = 36),
  created_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  modified_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(modified_on) = 24),
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_on TEXT CHECK (length(deleted_on) = 24),
  deleted_by TEXT CHECK (length(deleted_by) = 36),
  CONSTRAINT fk_user_tenant_prefs FOREIGN KEY (user_tenant_id) REFERENCES user_tenants (id)
) STRICT;

CREATE TABLE jwt_keys (
  id INTEGER NOT NULL,
  key_id TEXT NOT NULL CHECK (length(key_id) <= 100),
  public_key TEXT NOT NULL,
  private_key TEXT NOT NULL DEFAULT '',
  created_on TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(created_on) = 24),
  CONSTRAINT pk_jwt_keys_id PRIMARY KEY (id AUTOINCREMENT),
  CONSTRAINT uq_jwt_keys_key_id UNIQUE (key_id)
) STRICT;

CREATE TABLE audit_logs (
  -- UUIDv7 (RFC 9562): lines that are written together lie together, so a transaction changes few pages.
  id TEXT NOT NULL DEFAULT (printf('%08x-%04x-7%03x-%04x-%012x',
    max(0, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)) >> 16,
    max(0, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)) & 65535,
    random() & 4095, 32768 | (random() & 16383), random() & 281474976710655))
    CONSTRAINT pk_audit_logs_id PRIMARY KEY,
  operation_name TEXT NOT NULL CHECK (length(operation_name) <= 10),
  operation_time TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CHECK (length(operation_time) = 24),
  table_name TEXT NOT NULL CHECK (length(table_name) <= 60),
  log_type TEXT DEFAULT 'APPLICATION_LOGS' CHECK (length(log_type) <= 100),
  entity_id TEXT,
  user_id TEXT,
  before TEXT,
  after TEXT
) STRICT;

-- What must be unique among live rows. A soft-deleted row gives its name, address or place free again.
CREATE UNIQUE INDEX uq_auth_clients_client_id ON auth_clients (client_id) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_users_username ON users (lower(username)) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_users_email ON users (lower(email)) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_roles_tenant_id_name ON roles (tenant_id, lower(name)) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_groups_tenant_id_name ON groups (tenant_id, lower(name)) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_tenant_configs_tenant_id_config_key ON tenant_configs (tenant_id, config_key) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_user_tenants_tenant_id_user_id ON user_tenants (tenant_id, user_id) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_user_groups_group_id_user_tenant_id ON user_groups (group_id, user_tenant_id) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_user_permissions_user_tenant_id_permission ON user_permissions (user_tenant_id, permission) WHERE NOT deleted;
CREATE UNIQUE INDEX uq_user_tenant_prefs_user_tenant_id_config_key ON user_tenant_prefs (user_tenant_id, config_key) WHERE NOT deleted;

-- The ways from a parent to its rows, deleted ones included (foreign keys look for those too).
CREATE INDEX idx_roles_tenant_id ON roles (tenant_id, id);
CREATE INDEX idx_groups_tenant_id ON groups (tenant_id, id);
CREATE INDEX idx_users_default_tenant_id ON users (default_tenant_id);
-- With the user in it, a page of a tenant's users is read in order and costs the same in a tenant of any size.
CREATE INDEX idx_user_tenants_tenant_id ON user_tenants (tenant_id, user_id);
CREATE INDEX idx_user_tenants_user_id ON user_tenants (user_id);
CREATE INDEX idx_user_tenants_role_id ON user_tenants (role_id);
CREATE INDEX idx_user_groups_user_tenant_id ON user_groups (user_tenant_id);
CREATE INDEX idx_user_invitations_user_tenant_id ON user_invitations (user_tenant_id);
CREATE INDEX idx_user_invitations_token ON user_invitations (token);
CREATE INDEX idx_audit_logs_entity_id ON audit_logs (entity_id);

-- Users as a tenant sees them: one row a membership, deleted ones included; readers add their own predicates.
CREATE VIEW v_users AS
SELECT
  u.id, u.first_name, u.middle_name, u.last_name, u.username, u.email, u.phone,
  ut.created_on, ut.modified_on, u.created_by, u.modified_by, ut.deleted, ut.deleted_by, ut.deleted_on,
  u.last_login, u.photo_url, u.auth_client_ids, u.gender, u.dob, u.designation, u.default_tenant_id,
  ut.tenant_id, ut.id AS user_tenant_id, ut.role_id, ut.status,
  t.name, t.key, r.name AS rolename
FROM users u
JOIN user_tenants ut ON ut.user_id = u.id
JOIN tenants t ON t.id = ut.tenant_id
JOIN roles r ON r.id = ut.role_id;

-- modified_on, where PostgreSQL has a trigger for it: set to now, unless the statement has set it itself.
-- On the other tables the writer itself says when a row was modified.
CREATE TRIGGER mdt_auth_clients AFTER UPDATE
  OF id, client_id, client_secret, redirect_url, access_token_expiration, refresh_token_expiration,
  auth_code_expiration, secret, client_type, created_by, modified_by, created_on, deleted, deleted_on,
  deleted_by
ON auth_clients BEGIN
  UPDATE auth_clients SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
END;

-- The audit log: one line for each changed row, without secrets (password, tokens, keys).
-- SQLite leaves the order of triggers open, so on audited tables one trigger sets modified_on and then
-- logs the row; it listens to every column but modified_on, or it would log its own change too.
-- A migration that adds a column to a table makes the table's three triggers anew.

CREATE TRIGGER tenants_audit_insert AFTER INSERT ON tenants BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'tenants', 'TENANT_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'name', NEW.name, 'status', NEW.status, 'key', NEW.key, 'website', NEW.website,
      'address', NEW.address, 'city', NEW.city, 'state', NEW.state, 'zip', NEW.zip, 'country', NEW.country,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER tenants_audit_update AFTER UPDATE
  OF id, name, status, key, website, address, city, state, zip, country, created_by, modified_by,
  created_on, deleted, deleted_on, deleted_by
ON tenants BEGIN
  UPDATE tenants SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'tenants', 'TENANT_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'status', OLD.status, 'key', OLD.key, 'website', OLD.website,
      'address', OLD.address, 'city', OLD.city, 'state', OLD.state, 'zip', OLD.zip, 'country', OLD.country,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'name', NEW.name, 'status', NEW.status, 'key', NEW.key, 'website', NEW.website,
      'address', NEW.address, 'city', NEW.city, 'state', NEW.state, 'zip', NEW.zip, 'country', NEW.country,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', (SELECT modified_on FROM tenants WHERE rowid = NEW.rowid),
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER tenants_audit_delete AFTER DELETE ON tenants BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'tenants', 'TENANT_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'status', OLD.status, 'key', OLD.key, 'website', OLD.website,
      'address', OLD.address, 'city', OLD.city, 'state', OLD.state, 'zip', OLD.zip, 'country', OLD.country,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER tenant_configs_audit_insert AFTER INSERT ON tenant_configs BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'tenant_configs', 'TENANT_CONFIG_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'config_key', NEW.config_key, 'config_value', json(NEW.config_value),
      'tenant_id', NEW.tenant_id, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER tenant_configs_audit_update AFTER UPDATE
  OF id, config_key, config_value, tenant_id, created_by, modified_by, created_on, deleted, deleted_on,
  deleted_by
ON tenant_configs BEGIN
  UPDATE tenant_configs SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'tenant_configs', 'TENANT_CONFIG_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'config_key', OLD.config_key, 'config_value', json(OLD.config_value),
      'tenant_id', OLD.tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'config_key', NEW.config_key, 'config_value', json(NEW.config_value),
      'tenant_id', NEW.tenant_id, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on,
      'modified_on', (SELECT modified_on FROM tenant_configs WHERE rowid = NEW.rowid),
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER tenant_configs_audit_delete AFTER DELETE ON tenant_configs BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'tenant_configs', 'TENANT_CONFIG_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'config_key', OLD.config_key, 'config_value', json(OLD.config_value),
      'tenant_id', OLD.tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER roles_audit_insert AFTER INSERT ON roles BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'roles', 'ROLE_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'name', NEW.name, 'tenant_id', NEW.tenant_id, 'permissions', json(NEW.permissions),
      'allowed_clients', json(NEW.allowed_clients), 'role_type', NEW.role_type, 'description', NEW.description,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER roles_audit_update AFTER UPDATE
  OF id, name, tenant_id, permissions, allowed_clients, role_type, description, created_by, modified_by,
  created_on, deleted, deleted_on, deleted_by
ON roles BEGIN
  UPDATE roles SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'roles', 'ROLE_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'tenant_id', OLD.tenant_id, 'permissions', json(OLD.permissions),
      'allowed_clients', json(OLD.allowed_clients), 'role_type', OLD.role_type, 'description', OLD.description,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'name', NEW.name, 'tenant_id', NEW.tenant_id, 'permissions', json(NEW.permissions),
      'allowed_clients', json(NEW.allowed_clients), 'role_type', NEW.role_type, 'description', NEW.description,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', (SELECT modified_on FROM roles WHERE rowid = NEW.rowid),
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER roles_audit_delete AFTER DELETE ON roles BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'roles', 'ROLE_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'tenant_id', OLD.tenant_id, 'permissions', json(OLD.permissions),
      'allowed_clients', json(OLD.allowed_clients), 'role_type', OLD.role_type, 'description', OLD.description,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER users_audit_insert AFTER INSERT ON users BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'users', 'USER_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'first_name', NEW.first_name, 'middle_name', NEW.middle_name, 'last_name', NEW.last_name,
      'username', NEW.username, 'email', NEW.email, 'phone', NEW.phone, 'last_login', NEW.last_login,
      'photo_url', NEW.photo_url, 'auth_client_ids', json(NEW.auth_client_ids), 'gender', NEW.gender,
      'dob', NEW.dob, 'designation', NEW.designation, 'default_tenant_id', NEW.default_tenant_id,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER users_audit_update AFTER UPDATE
  OF id, first_name, middle_name, last_name, username, email, phone, last_login, photo_url,
  auth_client_ids, gender, dob, designation, default_tenant_id, created_by, modified_by, created_on,
  deleted, deleted_on, deleted_by
ON users BEGIN
  UPDATE users SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'users', 'USER_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'first_name', OLD.first_name, 'middle_name', OLD.middle_name, 'last_name', OLD.last_name,
      'username', OLD.username, 'email', OLD.email, 'phone', OLD.phone, 'last_login', OLD.last_login,
      'photo_url', OLD.photo_url, 'auth_client_ids', json(OLD.auth_client_ids), 'gender', OLD.gender,
      'dob', OLD.dob, 'designation', OLD.designation, 'default_tenant_id', OLD.default_tenant_id,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'first_name', NEW.first_name, 'middle_name', NEW.middle_name, 'last_name', NEW.last_name,
      'username', NEW.username, 'email', NEW.email, 'phone', NEW.phone, 'last_login', NEW.last_login,
      'photo_url', NEW.photo_url, 'auth_client_ids', json(NEW.auth_client_ids), 'gender', NEW.gender,
      'dob', NEW.dob, 'designation', NEW.designation, 'default_tenant_id', NEW.default_tenant_id,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', (SELECT modified_on FROM users WHERE rowid = NEW.rowid),
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER users_audit_delete AFTER DELETE ON users BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'users', 'USER_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'first_name', OLD.first_name, 'middle_name', OLD.middle_name, 'last_name', OLD.last_name,
      'username', OLD.username, 'email', OLD.email, 'phone', OLD.phone, 'last_login', OLD.last_login,
      'photo_url', OLD.photo_url, 'auth_client_ids', json(OLD.auth_client_ids), 'gender', OLD.gender,
      'dob', OLD.dob, 'designation', OLD.designation, 'default_tenant_id', OLD.default_tenant_id,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_credentials_audit_insert AFTER INSERT ON user_credentials BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'user_credentials', 'USER_CREDENTIAL_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'user_id', NEW.user_id, 'auth_provider', NEW.auth_provider, 'auth_id', NEW.auth_id,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_credentials_audit_update AFTER UPDATE
  OF id, user_id, auth_provider, auth_id, secret_key, auth_token, password, created_by, modified_by,
  created_on, deleted, deleted_on, deleted_by
ON user_credentials BEGIN
  UPDATE user_credentials SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'user_credentials', 'USER_CREDENTIAL_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'user_id', OLD.user_id, 'auth_provider', OLD.auth_provider, 'auth_id', OLD.auth_id,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'user_id', NEW.user_id, 'auth_provider', NEW.auth_provider, 'auth_id', NEW.auth_id,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', (SELECT modified_on FROM user_credentials WHERE rowid = NEW.rowid),
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_credentials_audit_delete AFTER DELETE ON user_credentials BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'user_credentials', 'USER_CREDENTIAL_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'user_id', OLD.user_id, 'auth_provider', OLD.auth_provider, 'auth_id', OLD.auth_id,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_tenants_audit_insert AFTER INSERT ON user_tenants BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'user_tenants', 'USER_TENANT_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'user_id', NEW.user_id, 'tenant_id', NEW.tenant_id, 'role_id', NEW.role_id,
      'status', NEW.status, 'locale', NEW.locale, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_tenants_audit_update AFTER UPDATE
  OF id, user_id, tenant_id, role_id, status, locale, created_by, modified_by, created_on, deleted,
  deleted_on, deleted_by
ON user_tenants BEGIN
  UPDATE user_tenants SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'user_tenants', 'USER_TENANT_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'user_id', OLD.user_id, 'tenant_id', OLD.tenant_id, 'role_id', OLD.role_id,
      'status', OLD.status, 'locale', OLD.locale, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'user_id', NEW.user_id, 'tenant_id', NEW.tenant_id, 'role_id', NEW.role_id,
      'status', NEW.status, 'locale', NEW.locale, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on,
      'modified_on', (SELECT modified_on FROM user_tenants WHERE rowid = NEW.rowid),
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_tenants_audit_delete AFTER DELETE ON user_tenants BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'user_tenants', 'USER_TENANT_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'user_id', OLD.user_id, 'tenant_id', OLD.tenant_id, 'role_id', OLD.role_id,
      'status', OLD.status, 'locale', OLD.locale, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER groups_audit_insert AFTER INSERT ON groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'groups', 'GROUP_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'name', NEW.name, 'description', NEW.description, 'photo_url', NEW.photo_url,
      'tenant_id', NEW.tenant_id, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER groups_audit_update AFTER UPDATE ON groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'groups', 'GROUP_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'description', OLD.description, 'photo_url', OLD.photo_url,
      'tenant_id', OLD.tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'name', NEW.name, 'description', NEW.description, 'photo_url', NEW.photo_url,
      'tenant_id', NEW.tenant_id, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER groups_audit_delete AFTER DELETE ON groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'groups', 'GROUP_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'description', OLD.description, 'photo_url', OLD.photo_url,
      'tenant_id', OLD.tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_groups_audit_insert AFTER INSERT ON user_groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'user_groups', 'USER_GROUP_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'user_tenant_id', NEW.user_tenant_id, 'group_id', NEW.group_id, 'created_by', NEW.created_by,
      'modified_by', NEW.modified_by, 'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_groups_audit_update AFTER UPDATE ON user_groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'user_groups', 'USER_GROUP_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'group_id', OLD.group_id, 'created_by', OLD.created_by,
      'modified_by', OLD.modified_by, 'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'user_tenant_id', NEW.user_tenant_id, 'group_id', NEW.group_id, 'created_by', NEW.created_by,
      'modified_by', NEW.modified_by, 'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_groups_audit_delete AFTER DELETE ON user_groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'user_groups', 'USER_GROUP_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'group_id', OLD.group_id, 'created_by', OLD.created_by,
      'modified_by', OLD.modified_by, 'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_permissions_audit_insert AFTER INSERT ON user_permissions BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'user_permissions', 'USER_PERMISSION_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'user_tenant_id', NEW.user_tenant_id, 'permission', NEW.permission,
      'allowed', json(CASE NEW.allowed WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'created_by', NEW.created_by,
      'modified_by', NEW.modified_by, 'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_permissions_audit_update AFTER UPDATE
  OF id, user_tenant_id, permission, allowed, created_by, modified_by, created_on, deleted, deleted_on,
  deleted_by
ON user_permissions BEGIN
  UPDATE user_permissions SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'user_permissions', 'USER_PERMISSION_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'permission', OLD.permission,
      'allowed', json(CASE OLD.allowed WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'created_by', OLD.created_by,
      'modified_by', OLD.modified_by, 'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'user_tenant_id', NEW.user_tenant_id, 'permission', NEW.permission,
      'allowed', json(CASE NEW.allowed WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'created_by', NEW.created_by,
      'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', (SELECT modified_on FROM user_permissions WHERE rowid = NEW.rowid),
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_permissions_audit_delete AFTER DELETE ON user_permissions BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'user_permissions', 'USER_PERMISSION_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'permission', OLD.permission,
      'allowed', json(CASE OLD.allowed WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'created_by', OLD.created_by,
      'modified_by', OLD.modified_by, 'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_invitations_audit_insert AFTER INSERT ON user_invitations BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'user_invitations', 'USER_INVITATION_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'user_tenant_id', NEW.user_tenant_id, 'expires_on', NEW.expires_on,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_invitations_audit_update AFTER UPDATE ON user_invitations BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'user_invitations', 'USER_INVITATION_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'expires_on', OLD.expires_on,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'user_tenant_id', NEW.user_tenant_id, 'expires_on', NEW.expires_on,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_invitations_audit_delete AFTER DELETE ON user_invitations BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'user_invitations', 'USER_INVITATION_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'expires_on', OLD.expires_on,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_tenant_prefs_audit_insert AFTER INSERT ON user_tenant_prefs BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'user_tenant_prefs', 'USER_TENANT_PREF_LOGS', NEW.id, NEW.created_by,
    json_object(
      'id', NEW.id, 'config_key', NEW.config_key, 'config_value', json(NEW.config_value),
      'user_tenant_id', NEW.user_tenant_id, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_tenant_prefs_audit_update AFTER UPDATE ON user_tenant_prefs BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'user_tenant_prefs', 'USER_TENANT_PREF_LOGS', NEW.id, NEW.modified_by,
    json_object(
      'id', OLD.id, 'config_key', OLD.config_key, 'config_value', json(OLD.config_value),
      'user_tenant_id', OLD.user_tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'config_key', NEW.config_key, 'config_value', json(NEW.config_value),
      'user_tenant_id', NEW.user_tenant_id, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_tenant_prefs_audit_delete AFTER DELETE ON user_tenant_prefs BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'user_tenant_prefs', 'USER_TENANT_PREF_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'config_key', OLD.config_key, 'config_value', json(OLD.config_value),
      'user_tenant_id', OLD.user_tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;
