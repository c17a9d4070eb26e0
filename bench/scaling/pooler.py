"""The service through PgBouncer, pooling by transaction: whether it works, with which settings, and what it costs."""

import json

from bench.databases import OURS
from bench.scaling import pgbouncer, setups
from bench.scaling.plan import CLIENTS, PREPARED, THROUGH
from bench.scaling.points import usual
from bench.scaling.session import Load, Session
from bench.targets.service import POOL

DIRECT, THROUGH_POOLER, BARE = "direct", "pooler", "bare"
# A role whose sessions begin with the settings of the service.
ROLE = "pooled"
# What PgBouncer keeps for its clients by itself, so that it says nothing of the service.
_KEPT_FOR_CLIENTS = "'application_name', 'client_encoding', 'DateStyle', 'IntervalStyle', 'standard_conforming_strings'"


def measure(session: Session) -> None:
    """What the service sets when it connects; which setups work; then what the way through costs."""
    session.results.session = _learned(session)
    _make_role(session)
    setups.try_all(session, ROLE)
    _compare(session)


def _learned(session: Session) -> dict[str, str]:
    """Settings that the service has made on the only server connection that it can have had."""
    settings = setups.transaction(PREPARED, 1)
    with pgbouncer.running(session.cluster, session.place, settings, {OURS: {"user": "postgres"}}) as pooler:
        with session.serving(OURS, pooler.url_of(OURS)):
            found: dict[str, str] = json.loads(
                pooler.run(
                    OURS,
                    "SELECT json_object_agg(name, setting ORDER BY name) FROM pg_settings "
                    f"WHERE source = 'session' AND name NOT IN ({_KEPT_FOR_CLIENTS});",
                )
            )
    return found


def _make_role(session: Session) -> None:
    sql = f"CREATE ROLE {ROLE} LOGIN IN ROLE postgres;"
    for name, value in session.results.session.items():
        sql += f"ALTER ROLE {ROLE} SET {name} = '{value}';"
    session.cluster.run(OURS, sql)


def _compare(session: Session) -> None:
    """In each round direct, through PgBouncer with the settings of the role, and without."""
    chosen = usual(session.mode.page)
    assert len(chosen) == THROUGH  # the plan counts on it
    settings = setups.transaction(PREPARED, POOL)
    entries = {THROUGH_POOLER: {"user": ROLE}, BARE: {"user": "postgres"}}
    with (
        pgbouncer.running(session.cluster, session.place, settings, entries) as pooler,
        session.serving(OURS) as direct,
        session.serving(OURS, pooler.url_of(THROUGH_POOLER)) as through,
        session.serving(OURS, pooler.url_of(BARE)) as bare,
    ):
        services = {DIRECT: direct, THROUGH_POOLER: through, BARE: bare}
        variants = list(services)
        for point in chosen.values():
            session.check(point, through)
        for round_ in range(session.mode.rounds):
            first = round_ % len(variants)
            for point in chosen.values():
                # Server connections are those that PgBouncer has opened by itself: what the service set at its start
                # is not on them.
                pooler.reconnect()
                for variant in variants[first:] + variants[:first]:
                    load = Load(services[variant], CLIENTS)
                    session.warm_up(point, load)
                    clock = pooler.cpu_seconds
                    session.run("pgbouncer", point, point.at, round_, load, variant=variant, pooler=clock)
