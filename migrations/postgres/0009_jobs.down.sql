-- Drops what 0009 made. What is still to be done is forgotten, and a request that is sent again is carried out again.
DROP TABLE main.idempotency_keys;
DROP TABLE main.jobs;
