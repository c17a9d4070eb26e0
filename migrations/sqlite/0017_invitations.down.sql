-- Drops what 0017 made. Who was invited and has not come cannot come by their invitation any more.
DROP TABLE invitations;
