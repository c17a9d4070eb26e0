-- Drops what 0015 made. What waits in the outbox is never sent.
DROP TABLE mails;
