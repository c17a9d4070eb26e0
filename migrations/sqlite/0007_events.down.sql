-- What was said of the lines is lost, and their order.
DROP TRIGGER audit_logs_positions;
DROP TABLE audit_positions;
DROP INDEX idx_audit_logs_position;
DROP INDEX idx_audit_logs_tenant_id;
ALTER TABLE audit_logs DROP COLUMN position;
ALTER TABLE audit_logs DROP COLUMN tenant_id;
ALTER TABLE audit_logs DROP COLUMN actor_kind;
ALTER TABLE audit_logs DROP COLUMN request_id;
ALTER TABLE audit_logs DROP COLUMN client_address;
ALTER TABLE audit_logs DROP COLUMN reason;
