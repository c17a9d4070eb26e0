-- A line of the audit log is an event: it has a position, by which readers follow, and says in which tenant's name it was
-- written, by what kind of actor, on which request, from which address, and why. Lines that are older have no position.
ALTER TABLE audit_logs ADD COLUMN position INTEGER;
ALTER TABLE audit_logs ADD COLUMN tenant_id TEXT CHECK (length(tenant_id) = 36);
ALTER TABLE audit_logs ADD COLUMN actor_kind TEXT;
ALTER TABLE audit_logs ADD COLUMN request_id TEXT;
ALTER TABLE audit_logs ADD COLUMN client_address TEXT;
ALTER TABLE audit_logs ADD COLUMN reason TEXT;

CREATE INDEX idx_audit_logs_position ON audit_logs (position) WHERE position IS NOT NULL;
CREATE INDEX idx_audit_logs_tenant_id ON audit_logs (tenant_id, position) WHERE position IS NOT NULL;

-- The last position of a line that is there no more: positions are never given again. A line takes the one behind the last
-- of the index, which it changes anyway; to count here at each line would be one more page to write.
CREATE TABLE audit_positions (
  id INTEGER NOT NULL CONSTRAINT pk_audit_positions_id PRIMARY KEY CHECK (id = 1),
  last INTEGER NOT NULL
) STRICT;
INSERT INTO audit_positions (id, last) VALUES (1, 0);

CREATE TRIGGER audit_logs_positions AFTER DELETE ON audit_logs
WHEN OLD.position > (SELECT last FROM audit_positions) BEGIN
  UPDATE audit_positions SET last = OLD.position;
END;
