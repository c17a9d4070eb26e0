-- Drops what 0014 made. The passwords themselves stay.
DROP TRIGGER user_credentials_password_changed;
DROP TRIGGER user_credentials_password_set;
DROP TABLE login_attempts;
DROP TABLE password_resets;
DROP TABLE password_records;
