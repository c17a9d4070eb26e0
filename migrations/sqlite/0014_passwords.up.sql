-- Passwords: since when each person has theirs, one-time tokens to set one, and how often somebody failed to prove theirs.
-- Nothing of it is logged: what a person logs in with is logged where it is stored, and what is known of it is nobody's to read.

CREATE TABLE password_records (
  id TEXT NOT NULL CONSTRAINT pk_password_records_id PRIMARY KEY CHECK (length(id) = 36),
  user_id TEXT NOT NULL,
  -- Since when the person has the password.
  changed_on TEXT NOT NULL CHECK (length(changed_on) = 24),
  -- Hashes of those before, the last one first.
  previous TEXT NOT NULL CHECK (json_valid(previous)),
  -- A hash that is about to be written, and is of the same password.
  rehashed TEXT CHECK (length(rehashed) <= 60),
  CONSTRAINT fk_password_records_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX uq_password_records_user_id ON password_records (user_id);

CREATE TABLE password_resets (
  id TEXT NOT NULL CONSTRAINT pk_password_resets_id PRIMARY KEY CHECK (length(id) = 36),
  -- The tenant that asked for it.
  tenant_id TEXT NOT NULL CHECK (length(tenant_id) = 36),
  user_id TEXT NOT NULL,
  -- SHA-256 of the token; null until there is one.
  token TEXT CHECK (length(token) <= 64),
  -- The address that its mail goes to, as the person has it then; null where the token was in the answer.
  mailed_to TEXT CHECK (length(mailed_to) <= 150),
  expires_on TEXT NOT NULL CHECK (length(expires_on) = 24),
  -- When it was used, or the password was changed in another way.
  used_on TEXT CHECK (length(used_on) = 24),
  created_on TEXT NOT NULL CHECK (length(created_on) = 24),
  CONSTRAINT fk_password_resets_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX uq_password_resets_token ON password_resets (token);
CREATE INDEX idx_password_resets_user_id ON password_resets (user_id);
CREATE INDEX idx_password_resets_tenant_id ON password_resets (tenant_id);
CREATE INDEX idx_password_resets_expires_on ON password_resets (expires_on);

CREATE TABLE login_attempts (
  -- Made of whom it is about: a person, a name that is nobody's, or an address.
  id TEXT NOT NULL CONSTRAINT pk_login_attempts_id PRIMARY KEY CHECK (length(id) = 36),
  failures INTEGER NOT NULL,
  -- When the first of them was.
  since TEXT NOT NULL CHECK (length(since) = 24)
) STRICT;
CREATE INDEX idx_login_attempts_since ON login_attempts (since);

-- What follows from a new password, whoever writes it: the authentication service beside us leaves a membership as it is whose
-- password was to be changed, and knows of no token of ours.
CREATE TRIGGER user_credentials_password_changed AFTER UPDATE OF password ON user_credentials
WHEN NEW.password IS NOT NULL AND NEW.password IS NOT OLD.password
  AND NOT EXISTS (SELECT 1 FROM password_records AS r WHERE r.user_id = NEW.user_id AND r.rehashed = NEW.password)
BEGIN
  INSERT INTO password_records (id, user_id, changed_on, previous)
  VALUES (
    NEW.user_id, NEW.user_id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
    iif(OLD.password IS NULL, '[]', json_array(OLD.password))
  )
  ON CONFLICT (id) DO UPDATE
    SET changed_on = excluded.changed_on, rehashed = NULL,
      previous = (
        SELECT json_group_array(hash) FROM (
          SELECT 0 AS age, OLD.password AS hash WHERE OLD.password IS NOT NULL
          UNION ALL SELECT 1 + key, value FROM json_each(password_records.previous)
          ORDER BY age LIMIT 10
        )
      );
  UPDATE password_resets SET used_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE user_id = NEW.user_id AND used_on IS NULL;
  UPDATE user_tenants SET status = 1 WHERE user_id = NEW.user_id AND status = 3 AND NOT deleted;
END;
CREATE TRIGGER user_credentials_password_set AFTER INSERT ON user_credentials
WHEN NEW.password IS NOT NULL
BEGIN
  INSERT INTO password_records (id, user_id, changed_on, previous)
  VALUES (NEW.user_id, NEW.user_id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), '[]')
  ON CONFLICT (id) DO UPDATE SET changed_on = excluded.changed_on, rehashed = NULL;
  UPDATE password_resets SET used_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE user_id = NEW.user_id AND used_on IS NULL;
  -- Who begins with a password is to change that one.
  UPDATE user_tenants SET status = 1
  WHERE user_id = NEW.user_id AND status = 3 AND NOT deleted AND created_on < NEW.created_on;
END;
