-- Who logs in elsewhere has no password, and of most people who are added there is none yet: nothing follows from that. To call a
-- function of the owner's rights only to find it out took a tenth of the time in which a person is added.
DROP TRIGGER user_credentials_password_changed ON main.user_credentials;
CREATE TRIGGER user_credentials_password_changed AFTER INSERT OR UPDATE OF password ON main.user_credentials
  FOR EACH ROW WHEN (NEW.password IS NOT NULL) EXECUTE FUNCTION main.password_changed();
