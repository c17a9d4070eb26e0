-- How a tenant introduced a person whom another tenant knew already: the names that it sent. Until the person comes, these
-- and no others are shown to it.
ALTER TABLE user_tenants ADD COLUMN introduction TEXT CHECK (introduction IS NULL OR json_valid(introduction));

-- The audit log shows every column.
DROP TRIGGER user_tenants_audit_insert;
DROP TRIGGER user_tenants_audit_update;
DROP TRIGGER user_tenants_audit_delete;

CREATE TRIGGER user_tenants_audit_insert AFTER INSERT ON user_tenants BEGIN
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, after)
  VALUES ('INSERT', 'user_tenants', 'USER_TENANT_LOGS', NEW.id, NEW.created_by,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before, after)
  VALUES ('UPDATE', 'user_tenants', 'USER_TENANT_LOGS', NEW.id, NEW.modified_by,
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
  INSERT INTO audit_logs (operation_name, table_name, log_type, entity_id, user_id, before)
  VALUES ('DELETE', 'user_tenants', 'USER_TENANT_LOGS', OLD.id, OLD.modified_by,
    json_object(
      'id', OLD.id, 'user_id', OLD.user_id, 'tenant_id', OLD.tenant_id, 'role_id', OLD.role_id,
      'status', OLD.status, 'locale', OLD.locale, 'introduction', json(OLD.introduction),
      'created_by', OLD.created_by, 'modified_by', OLD.modified_by,
      'created_on', OLD.created_on, 'modified_on', OLD.modified_on,
      'deleted', json(CASE OLD.deleted WHEN 1 THEN 'true' WHEN 0 THEN 'false' END), 'deleted_on', OLD.deleted_on,
      'deleted_by', OLD.deleted_by));
END;
