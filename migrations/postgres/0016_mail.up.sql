-- Mails that are to be sent, or were. It is not logged: the rows are the program's own notes, and what a mail is about is logged
-- there. The ids refer to nothing, so that what a mail is about can go before it.
CREATE TABLE main.mails (
  id          uuid         NOT NULL,
  tenant_id   uuid,
  kind        varchar(50)  NOT NULL,
  about       uuid         NOT NULL,
  recipient   varchar(254) NOT NULL,
  locale      varchar(35),
  state       varchar(10)  NOT NULL,
  reason      varchar(500),
  created_on  timestamptz  NOT NULL,
  finished_on timestamptz,
  CONSTRAINT pk_mails_id PRIMARY KEY (id),
  CONSTRAINT ck_mails_state CHECK (state IN ('waiting', 'sent', 'refused', 'unwanted')),
  CONSTRAINT ck_mails_finished_on CHECK ((finished_on IS NULL) = (state = 'waiting'))
);
CREATE INDEX idx_mails_finished_on ON main.mails (finished_on);
CREATE INDEX idx_mails_tenant_id ON main.mails (tenant_id) WHERE tenant_id IS NOT NULL;
-- Those that wait are few, and counted for the metrics.
CREATE INDEX idx_mails_waiting ON main.mails (tenant_id, id) WHERE state = 'waiting';
-- How many an address was sent lately.
CREATE INDEX idx_mails_recipient ON main.mails (recipient, created_on);
