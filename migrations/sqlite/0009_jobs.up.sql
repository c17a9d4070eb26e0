-- Work in the background, and answers that are kept for requests that come twice. Neither is logged: jobs are the program's
-- own notes, and what a request changed is logged where it changed it. The ids of tenants refer to nothing, so that a tenant
-- can be purged by a job that carries its id.

CREATE TABLE jobs (
  id TEXT NOT NULL CHECK (length(id) = 36),
  kind TEXT NOT NULL CHECK (length(kind) <= 100),
  tenant_id TEXT CHECK (length(tenant_id) = 36),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  state TEXT NOT NULL,
  -- When it may be taken; of one at work, when it may be taken from whoever has it; null once it is over.
  run_after TEXT CHECK (length(run_after) = 24),
  attempts INTEGER NOT NULL,
  claimed_by TEXT CHECK (length(claimed_by) = 36),
  last_error TEXT CHECK (length(last_error) <= 500),
  created_on TEXT NOT NULL CHECK (length(created_on) = 24),
  finished_on TEXT CHECK (length(finished_on) = 24),
  CONSTRAINT pk_jobs_id PRIMARY KEY (id),
  CONSTRAINT ck_jobs_state CHECK (state IN ('queued', 'running', 'done', 'failed')),
  CONSTRAINT ck_jobs_run_after CHECK ((run_after IS NULL) = (state IN ('done', 'failed')))
) STRICT;
CREATE INDEX idx_jobs_run_after ON jobs (run_after);
CREATE INDEX idx_jobs_finished_on ON jobs (finished_on);

CREATE TABLE idempotency_keys (
  -- Made of tenant, caller, operation and key, so that there is no second index to keep.
  id TEXT NOT NULL CHECK (length(id) = 36),
  tenant_id TEXT NOT NULL CHECK (length(tenant_id) = 36),
  membership_id TEXT NOT NULL CHECK (length(membership_id) = 36),
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) <= 64),
  status INTEGER NOT NULL,
  headers TEXT NOT NULL CHECK (json_valid(headers)),
  body TEXT NOT NULL,
  created_on TEXT NOT NULL CHECK (length(created_on) = 24),
  CONSTRAINT pk_idempotency_keys_id PRIMARY KEY (id)
) STRICT;
CREATE INDEX idx_idempotency_keys_created_on ON idempotency_keys (created_on);
CREATE INDEX idx_idempotency_keys_membership_id ON idempotency_keys (tenant_id, membership_id, created_on);
