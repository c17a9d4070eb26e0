-- Drops what 0016 made. What waits in the outbox is never sent.
DROP TABLE mails;
