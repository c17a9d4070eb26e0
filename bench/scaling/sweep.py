"""What saturates first: more and more connections of clients, and of the service to the database."""

from bench.databases import OURS
from bench.scaling.plan import POOLED, SWEPT
from bench.scaling.points import Point, usual
from bench.scaling.session import Load, Session

# Clients while the pool is followed: more than any pool has.
POOL_CLIENTS = 64


def connections(session: Session) -> None:
    """One process with its usual pool, and more and more clients."""
    chosen = _chosen(session, ("tenant", "first", "create"), SWEPT)
    with session.serving(OURS) as one:
        for point in chosen:
            session.check(point, one)
            session.warm_up(point, Load(one, max(session.mode.connections)))
        for round_ in range(session.mode.sweep_rounds):
            for point in chosen:
                for count in session.mode.connections:
                    session.run("connections", point, count, round_, Load(one, count))


def pools(session: Session) -> None:
    """Many clients, and a process with a larger and larger pool."""
    chosen = _chosen(session, ("first", "create"), POOLED)
    for round_ in range(session.mode.sweep_rounds):
        for count in session.mode.pools:
            with session.serving(OURS, pool=count) as one:
                for point in chosen:
                    session.warm_up(point, Load(one, POOL_CLIENTS))
                    session.run("pool", point, count, round_, Load(one, POOL_CLIENTS))


def _chosen(session: Session, kinds: tuple[str, ...], planned: int) -> list[Point]:
    assert len(kinds) == planned  # the plan counts on it
    found = usual(session.mode.page)
    return [found[kind] for kind in kinds]
