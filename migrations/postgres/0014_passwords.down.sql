-- Drops what 0014 made. The passwords themselves stay.
DROP TRIGGER user_credentials_password_changed ON main.user_credentials;
DROP FUNCTION main.password_changed();
DROP TABLE main.login_attempts;
DROP TABLE main.password_resets;
DROP TABLE main.password_records;
