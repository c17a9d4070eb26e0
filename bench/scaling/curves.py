"""What a request costs, over the members of a tenant and over the number of tenants."""

from contextlib import ExitStack

from bench.databases import OURS
from bench.scaling import points
from bench.scaling.plan import CLIENTS
from bench.scaling.points import Point
from bench.scaling.session import Load, Session


def reads(session: Session) -> None:
    """Reads at all sizes, in rounds."""
    _rounds(session, points.reads(session.mode.members, session.mode.tenants))


def creations(session: Session) -> None:
    """Users created in tenants of all sizes; the tenants grow meanwhile, which the results say."""
    chosen = points.creations(session.mode.members)
    before = [_members(session, point) for point in chosen]
    _rounds(session, chosen)
    for point, members in zip(chosen, before, strict=True):
        session.results.grown[str(point.at)] = [members, _members(session, point)]


def _rounds(session: Session, chosen: list[Point]) -> None:
    with ExitStack() as stack:
        services = {
            database: stack.enter_context(session.serving(database))
            for database in dict.fromkeys(point.database for point in chosen)
        }
        for point in chosen:
            session.check(point, services[point.database])
            session.warm_up(point, Load(services[point.database], CLIENTS))
        for round_ in range(session.mode.rounds):
            # Another one first each time.
            for point in chosen[round_:] + chosen[:round_]:
                session.run("curves", point, point.at, round_, Load(services[point.database], CLIENTS))


def _members(session: Session, point: Point) -> int:
    tenant = point.work.tenant.id
    return int(session.cluster.run(OURS, f"SELECT count(*) FROM main.user_tenants WHERE tenant_id = '{tenant}';"))
