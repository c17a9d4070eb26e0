-- Drops what 0016 made. The passwords themselves stay.
DROP TRIGGER user_credentials_password_changed ON main.user_credentials;
DROP FUNCTION main.password_changed();
DROP TABLE main.login_attempts;
DROP TABLE main.password_resets;
DROP TABLE main.password_records;
