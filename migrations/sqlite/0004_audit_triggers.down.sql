-- Puts back the triggers of 0001 and 0003. The program has dropped its own before.

CREATE TRIGGER mdt_auth_clients AFTER UPDATE
  OF id, client_id, client_secret, redirect_url, access_token_expiration, refresh_token_expiration,
  auth_code_expiration, secret, client_type, created_by, modified_by, created_on, deleted, deleted_on,
  deleted_by
ON auth_clients BEGIN
  UPDATE auth_clients SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
END;

CREATE TRIGGER tenants_audit_insert AFTER INSERT ON tenants BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'tenants', 'TENANT_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'tenants', 'TENANT_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'tenants', 'TENANT_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'status', OLD.status, 'key', OLD.key, 'website', OLD.website,
      'address', OLD.address, 'city', OLD.city, 'state', OLD.state, 'zip', OLD.zip, 'country', OLD.country,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER tenant_configs_audit_insert AFTER INSERT ON tenant_configs BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'tenant_configs', 'TENANT_CONFIG_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'tenant_configs', 'TENANT_CONFIG_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'tenant_configs', 'TENANT_CONFIG_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'config_key', OLD.config_key, 'config_value', json(OLD.config_value),
      'tenant_id', OLD.tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER roles_audit_insert AFTER INSERT ON roles BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'roles', 'ROLE_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'roles', 'ROLE_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'roles', 'ROLE_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'tenant_id', OLD.tenant_id, 'permissions', json(OLD.permissions),
      'allowed_clients', json(OLD.allowed_clients), 'role_type', OLD.role_type, 'description', OLD.description,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER users_audit_insert AFTER INSERT ON users BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'users', 'USER_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'users', 'USER_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'users', 'USER_LOGS', OLD.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after, changed_secrets)
  VALUES ('INSERT', 'user_credentials', 'USER_CREDENTIAL_LOGS', NEW.id,
    json_object(
      'id', NEW.id, 'user_id', NEW.user_id, 'auth_provider', NEW.auth_provider, 'auth_id', NEW.auth_id,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by),
    (SELECT nullif(json_group_array(name), '[]') FROM (
      SELECT 'auth_token' AS name WHERE NEW.auth_token IS NOT NULL
      UNION ALL SELECT 'password' WHERE NEW.password IS NOT NULL
      UNION ALL SELECT 'secret_key' WHERE NEW.secret_key IS NOT NULL)));
END;

CREATE TRIGGER user_credentials_audit_update AFTER UPDATE
  OF id, user_id, auth_provider, auth_id, secret_key, auth_token, password, created_by, modified_by,
  created_on, deleted, deleted_on, deleted_by
ON user_credentials BEGIN
  UPDATE user_credentials SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after, changed_secrets)
  VALUES ('UPDATE', 'user_credentials', 'USER_CREDENTIAL_LOGS', NEW.id,
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
      'deleted_by', NEW.deleted_by),
    (SELECT nullif(json_group_array(name), '[]') FROM (
      SELECT 'auth_token' AS name WHERE OLD.auth_token IS NOT NEW.auth_token
      UNION ALL SELECT 'password' WHERE OLD.password IS NOT NEW.password
      UNION ALL SELECT 'secret_key' WHERE OLD.secret_key IS NOT NEW.secret_key)));
END;

CREATE TRIGGER user_credentials_audit_delete AFTER DELETE ON user_credentials BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, changed_secrets)
  VALUES ('DELETE', 'user_credentials', 'USER_CREDENTIAL_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'user_id', OLD.user_id, 'auth_provider', OLD.auth_provider, 'auth_id', OLD.auth_id,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    (SELECT nullif(json_group_array(name), '[]') FROM (
      SELECT 'auth_token' AS name WHERE OLD.auth_token IS NOT NULL
      UNION ALL SELECT 'password' WHERE OLD.password IS NOT NULL
      UNION ALL SELECT 'secret_key' WHERE OLD.secret_key IS NOT NULL)));
END;

CREATE TRIGGER user_tenants_audit_insert AFTER INSERT ON user_tenants BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'user_tenants', 'USER_TENANT_LOGS', NEW.id,
    json_object(
      'id', NEW.id, 'user_id', NEW.user_id, 'tenant_id', NEW.tenant_id, 'role_id', NEW.role_id,
      'status', NEW.status, 'locale', NEW.locale, 'introduction', json(NEW.introduction),
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_tenants_audit_update AFTER UPDATE
  OF id, user_id, tenant_id, role_id, status, locale, introduction, created_by, modified_by, created_on,
  deleted, deleted_on, deleted_by
ON user_tenants BEGIN
  UPDATE user_tenants SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'user_tenants', 'USER_TENANT_LOGS', NEW.id,
    json_object(
      'id', OLD.id, 'user_id', OLD.user_id, 'tenant_id', OLD.tenant_id, 'role_id', OLD.role_id,
      'status', OLD.status, 'locale', OLD.locale, 'introduction', json(OLD.introduction),
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    json_object(
      'id', NEW.id, 'user_id', NEW.user_id, 'tenant_id', NEW.tenant_id, 'role_id', NEW.role_id,
      'status', NEW.status, 'locale', NEW.locale, 'introduction', json(NEW.introduction),
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on,
      'modified_on', (SELECT modified_on FROM user_tenants WHERE rowid = NEW.rowid),
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_tenants_audit_delete AFTER DELETE ON user_tenants BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'user_tenants', 'USER_TENANT_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'user_id', OLD.user_id, 'tenant_id', OLD.tenant_id, 'role_id', OLD.role_id,
      'status', OLD.status, 'locale', OLD.locale, 'introduction', json(OLD.introduction),
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER groups_audit_insert AFTER INSERT ON groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'groups', 'GROUP_LOGS', NEW.id,
    json_object(
      'id', NEW.id, 'name', NEW.name, 'description', NEW.description, 'photo_url', NEW.photo_url,
      'tenant_id', NEW.tenant_id, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER groups_audit_update AFTER UPDATE ON groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'groups', 'GROUP_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'groups', 'GROUP_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'name', OLD.name, 'description', OLD.description, 'photo_url', OLD.photo_url,
      'tenant_id', OLD.tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_groups_audit_insert AFTER INSERT ON user_groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'user_groups', 'USER_GROUP_LOGS', NEW.id,
    json_object(
      'id', NEW.id, 'user_tenant_id', NEW.user_tenant_id, 'group_id', NEW.group_id, 'created_by', NEW.created_by,
      'modified_by', NEW.modified_by, 'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_groups_audit_update AFTER UPDATE ON user_groups BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'user_groups', 'USER_GROUP_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'user_groups', 'USER_GROUP_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'group_id', OLD.group_id, 'created_by', OLD.created_by,
      'modified_by', OLD.modified_by, 'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_permissions_audit_insert AFTER INSERT ON user_permissions BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'user_permissions', 'USER_PERMISSION_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'user_permissions', 'USER_PERMISSION_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'user_permissions', 'USER_PERMISSION_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'permission', OLD.permission,
      'allowed', json(CASE OLD.allowed WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'created_by', OLD.created_by,
      'modified_by', OLD.modified_by, 'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;

CREATE TRIGGER user_invitations_audit_insert AFTER INSERT ON user_invitations BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after, changed_secrets)
  VALUES ('INSERT', 'user_invitations', 'USER_INVITATION_LOGS', NEW.id,
    json_object(
      'id', NEW.id, 'user_tenant_id', NEW.user_tenant_id, 'expires_on', NEW.expires_on,
      'created_by', NEW.created_by, 'modified_by', NEW.modified_by, 'created_on', NEW.created_on,
      'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by),
    (SELECT nullif(json_group_array(name), '[]') FROM (
      SELECT 'token' AS name WHERE NEW.token IS NOT NULL)));
END;

CREATE TRIGGER user_invitations_audit_update AFTER UPDATE ON user_invitations BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after, changed_secrets)
  VALUES ('UPDATE', 'user_invitations', 'USER_INVITATION_LOGS', NEW.id,
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
      'deleted_by', NEW.deleted_by),
    (SELECT nullif(json_group_array(name), '[]') FROM (
      SELECT 'token' AS name WHERE OLD.token IS NOT NEW.token)));
END;

CREATE TRIGGER user_invitations_audit_delete AFTER DELETE ON user_invitations BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, changed_secrets)
  VALUES ('DELETE', 'user_invitations', 'USER_INVITATION_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'user_tenant_id', OLD.user_tenant_id, 'expires_on', OLD.expires_on,
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by, 'created_on', OLD.created_on,
      'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by),
    (SELECT nullif(json_group_array(name), '[]') FROM (
      SELECT 'token' AS name WHERE OLD.token IS NOT NULL)));
END;

CREATE TRIGGER user_tenant_prefs_audit_insert AFTER INSERT ON user_tenant_prefs BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, after)
  VALUES ('INSERT', 'user_tenant_prefs', 'USER_TENANT_PREF_LOGS', NEW.id,
    json_object(
      'id', NEW.id, 'config_key', NEW.config_key, 'config_value', json(NEW.config_value),
      'user_tenant_id', NEW.user_tenant_id, 'created_by', NEW.created_by, 'modified_by', NEW.modified_by,
      'created_on', NEW.created_on, 'modified_on', NEW.modified_on,
      'deleted', json(CASE NEW.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', NEW.deleted_on,
      'deleted_by', NEW.deleted_by));
END;

CREATE TRIGGER user_tenant_prefs_audit_update AFTER UPDATE ON user_tenant_prefs BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before, after)
  VALUES ('UPDATE', 'user_tenant_prefs', 'USER_TENANT_PREF_LOGS', NEW.id,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, before)
  VALUES ('DELETE', 'user_tenant_prefs', 'USER_TENANT_PREF_LOGS', OLD.id,
    json_object(
      'id', OLD.id, 'config_key', OLD.config_key, 'config_value', json(OLD.config_value),
      'user_tenant_id', OLD.user_tenant_id, 'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;
