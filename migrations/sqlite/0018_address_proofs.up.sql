-- What is known of whether a person owns their address. Whoever has a link that it was sent has shown that they do. Whose address
-- was changed has shown nothing: the new one may be somebody else's, whom another tenant means when it adds them by it.
-- Of a person without a row nothing is known. It is not logged: what somebody logs in with is logged where it is stored.

CREATE TABLE address_proofs (
  id TEXT NOT NULL CONSTRAINT pk_address_proofs_id PRIMARY KEY CHECK (length(id) = 36),
  user_id TEXT NOT NULL,
  -- When the address was proven; null since the address was changed.
  proven_on TEXT CHECK (length(proven_on) = 24),
  CONSTRAINT fk_address_proofs_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX uq_address_proofs_user_id ON address_proofs (user_id);

CREATE TRIGGER users_address_changed AFTER UPDATE OF email ON users
WHEN lower(OLD.email) IS NOT lower(NEW.email)
BEGIN
  INSERT INTO address_proofs (id, user_id, proven_on) VALUES (NEW.id, NEW.id, NULL)
  ON CONFLICT (id) DO UPDATE SET proven_on = NULL;
END;
