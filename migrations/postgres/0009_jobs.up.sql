-- Work in the background, and answers that are kept for requests that come twice. Neither is logged: jobs are the program's
-- own notes, and what a request changed is logged where it changed it. The ids of tenants refer to nothing, so that a tenant
-- can be purged by a job that carries its id.

CREATE TABLE main.jobs (
  id          uuid         NOT NULL,
  kind        varchar(100) NOT NULL,
  tenant_id   uuid,
  payload     jsonb        NOT NULL,
  state       varchar(10)  NOT NULL,
  -- When it may be taken; of one at work, when it may be taken from whoever has it; null once it is over.
  run_after   timestamptz,
  attempts    integer      NOT NULL,
  claimed_by  uuid,
  last_error  varchar(500),
  created_on  timestamptz  NOT NULL,
  finished_on timestamptz,
  CONSTRAINT pk_jobs_id PRIMARY KEY (id),
  CONSTRAINT ck_jobs_state CHECK (state IN ('queued', 'running', 'done', 'failed')),
  CONSTRAINT ck_jobs_run_after CHECK ((run_after IS NULL) = (state IN ('done', 'failed')))
);
CREATE INDEX idx_jobs_run_after ON main.jobs (run_after);
CREATE INDEX idx_jobs_finished_on ON main.jobs (finished_on);

CREATE TABLE main.idempotency_keys (
  -- Made of tenant, caller, operation and key, so that there is no second index to keep.
  id            uuid        NOT NULL,
  tenant_id     uuid        NOT NULL,
  membership_id uuid        NOT NULL,
  fingerprint   varchar(64) NOT NULL,
  status        integer     NOT NULL,
  headers       jsonb       NOT NULL,
  body          text        NOT NULL,
  created_on    timestamptz NOT NULL,
  CONSTRAINT pk_idempotency_keys_id PRIMARY KEY (id)
);
CREATE INDEX idx_idempotency_keys_created_on ON main.idempotency_keys (created_on);
CREATE INDEX idx_idempotency_keys_membership_id ON main.idempotency_keys (tenant_id, membership_id, created_on);
