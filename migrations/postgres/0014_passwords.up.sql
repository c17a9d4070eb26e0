-- Passwords: since when each person has theirs, one-time tokens to set one, and how often somebody failed to prove theirs.
-- Nothing of it is logged: what a person logs in with is logged where it is stored, and what is known of it is nobody's to read.

CREATE TABLE main.password_records (
  id         uuid        NOT NULL,
  user_id    uuid        NOT NULL,
  -- Since when the person has the password.
  changed_on timestamptz NOT NULL,
  -- Hashes of those before, the last one first.
  previous   text[]      NOT NULL,
  -- A hash that is about to be written, and is of the same password.
  rehashed   varchar(60),
  CONSTRAINT pk_password_records_id PRIMARY KEY (id),
  CONSTRAINT fk_password_records_users FOREIGN KEY (user_id) REFERENCES main.users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_password_records_user_id ON main.password_records (user_id);

CREATE TABLE main.password_resets (
  id         uuid        NOT NULL,
  -- The tenant that asked for it.
  tenant_id  uuid        NOT NULL,
  user_id    uuid        NOT NULL,
  -- SHA-256 of the token; null until there is one.
  token      varchar(64),
  -- The address that its mail goes to, as the person has it then; null where the token was in the answer.
  mailed_to  varchar(150),
  expires_on timestamptz NOT NULL,
  -- When it was used, or the password was changed in another way.
  used_on    timestamptz,
  created_on timestamptz NOT NULL,
  CONSTRAINT pk_password_resets_id PRIMARY KEY (id),
  CONSTRAINT fk_password_resets_users FOREIGN KEY (user_id) REFERENCES main.users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_password_resets_token ON main.password_resets (token);
CREATE INDEX idx_password_resets_user_id ON main.password_resets (user_id);
CREATE INDEX idx_password_resets_tenant_id ON main.password_resets (tenant_id);
CREATE INDEX idx_password_resets_expires_on ON main.password_resets (expires_on);

CREATE TABLE main.login_attempts (
  -- Made of whom it is about: a person, a name that is nobody's, or an address.
  id       uuid        NOT NULL,
  failures integer     NOT NULL,
  -- When the first of them was.
  since    timestamptz NOT NULL,
  CONSTRAINT pk_login_attempts_id PRIMARY KEY (id)
);
CREATE INDEX idx_login_attempts_since ON main.login_attempts (since);

-- What follows from a new password, whoever writes it: the authentication service beside us leaves a membership as it is whose
-- password was to be changed, and knows of no token of ours. By the owner's rights: its role needs none on these tables.
CREATE FUNCTION main.password_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  this_moment CONSTANT timestamptz := date_trunc('milliseconds', now());
  before CONSTANT text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.password END;
BEGIN
  IF NEW.password IS NULL OR NEW.password IS NOT DISTINCT FROM before
    OR EXISTS (SELECT FROM main.password_records AS r WHERE r.user_id = NEW.user_id AND r.rehashed = NEW.password)
  THEN
    RETURN NULL;
  END IF;
  INSERT INTO main.password_records AS r (id, user_id, changed_on, previous)
  VALUES (NEW.user_id, NEW.user_id, this_moment, array_remove(ARRAY[before], NULL))
  ON CONFLICT (id) DO UPDATE
    SET changed_on = excluded.changed_on, previous = (excluded.previous || r.previous)[1:10], rehashed = NULL;
  UPDATE main.password_resets SET used_on = this_moment WHERE user_id = NEW.user_id AND used_on IS NULL;
  -- Who begins with a password is to change that one.
  UPDATE main.user_tenants SET status = 1
  WHERE user_id = NEW.user_id AND status = 3 AND NOT deleted AND (TG_OP = 'UPDATE' OR created_on < NEW.created_on);
  RETURN NULL;
END
$$;
CREATE TRIGGER user_credentials_password_changed AFTER INSERT OR UPDATE OF password ON main.user_credentials
  FOR EACH ROW EXECUTE FUNCTION main.password_changed();
