-- Puts back the trigger of 0014.
DROP TRIGGER user_credentials_password_changed ON main.user_credentials;
CREATE TRIGGER user_credentials_password_changed AFTER INSERT OR UPDATE OF password ON main.user_credentials
  FOR EACH ROW EXECUTE FUNCTION main.password_changed();
