-- What is known of whether a person owns their address. Whoever has a link that it was sent has shown that they do. Whose address
-- was changed has shown nothing: the new one may be somebody else's, whom another tenant means when it adds them by it.
-- Of a person without a row nothing is known. It is not logged: what somebody logs in with is logged where it is stored.

CREATE TABLE main.address_proofs (
  id        uuid NOT NULL,
  user_id   uuid NOT NULL,
  -- When the address was proven; null since the address was changed.
  proven_on timestamptz,
  CONSTRAINT pk_address_proofs_id PRIMARY KEY (id),
  CONSTRAINT fk_address_proofs_users FOREIGN KEY (user_id) REFERENCES main.users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_address_proofs_user_id ON main.address_proofs (user_id);

-- Whoever writes it; by the owner's rights, since the role of another program needs none on this table.
CREATE FUNCTION main.address_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO main.address_proofs AS p (id, user_id, proven_on) VALUES (NEW.id, NEW.id, NULL)
  ON CONFLICT (id) DO UPDATE SET proven_on = NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER users_address_changed AFTER UPDATE OF email ON main.users
  FOR EACH ROW WHEN (lower(OLD.email::text) IS DISTINCT FROM lower(NEW.email::text)) EXECUTE FUNCTION main.address_changed();
