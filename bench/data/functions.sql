-- What the other files share: ids that can be worked out from numbers, and moments. Dropped when all is loaded.
CREATE SCHEMA IF NOT EXISTS bench;

-- Kinds: 1 tenant, 2 role, 3 user, 4 membership, 5 group. `population.py` and `client.lua` do the same.
CREATE OR REPLACE FUNCTION bench.id(kind integer, number bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT ('01900000-' || lpad(to_hex(kind), 4, '0') || '-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
$$;

-- The number of a tenant's member: members join in turns, as they do in life, so that the rows of a tenant lie
-- scattered among those of the others.
CREATE OR REPLACE FUNCTION bench.member(tenant integer, members integer, place bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$
    SELECT place * (16000000 / members) + tenant
$$;

CREATE OR REPLACE FUNCTION bench.moment(number bigint) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS $$
    SELECT timestamptz '2026-01-01T00:00:00Z' + number % 16000000 * interval '1.001 seconds'
$$;
