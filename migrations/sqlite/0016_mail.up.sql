-- Mails that are to be sent, or were. It is not logged: the rows are the program's own notes, and what a mail is about is logged
-- there. The ids refer to nothing, so that what a mail is about can go before it.
CREATE TABLE mails (
  id TEXT NOT NULL CHECK (length(id) = 36),
  tenant_id TEXT CHECK (length(tenant_id) = 36),
  kind TEXT NOT NULL CHECK (length(kind) <= 50),
  about TEXT NOT NULL CHECK (length(about) = 36),
  recipient TEXT NOT NULL CHECK (length(recipient) <= 254),
  locale TEXT CHECK (length(locale) <= 35),
  state TEXT NOT NULL,
  reason TEXT CHECK (length(reason) <= 500),
  created_on TEXT NOT NULL CHECK (length(created_on) = 24),
  finished_on TEXT CHECK (length(finished_on) = 24),
  CONSTRAINT pk_mails_id PRIMARY KEY (id),
  CONSTRAINT ck_mails_state CHECK (state IN ('waiting', 'sent', 'refused', 'unwanted')),
  CONSTRAINT ck_mails_finished_on CHECK ((finished_on IS NULL) = (state = 'waiting'))
) STRICT;
CREATE INDEX idx_mails_finished_on ON mails (finished_on);
CREATE INDEX idx_mails_tenant_id ON mails (tenant_id) WHERE tenant_id IS NOT NULL;
-- Those that wait are few, and counted for the metrics.
CREATE INDEX idx_mails_waiting ON mails (tenant_id, id) WHERE state = 'waiting';
-- How many an address was sent lately.
CREATE INDEX idx_mails_recipient ON mails (recipient, created_on);
