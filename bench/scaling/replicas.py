"""Two processes of the service on one database, against one."""

from bench.databases import OURS
from bench.scaling import consistency
from bench.scaling.plan import CLIENTS, REPLICATED
from bench.scaling.points import Point, usual
from bench.scaling.results import Check
from bench.scaling.session import Load, Session

ONE, TWO = "one", "two"


def measure(session: Session) -> None:
    """Questions first, then totals under load."""
    chosen = usual(session.mode.page)
    with session.serving(OURS) as one, session.serving(OURS) as other:
        consistency.ask(session, one, other)
        counted = [_measure(session, chosen[kind], Load(one, CLIENTS // 2), Load(other, CLIENTS // 2))
                   for kind in ("tenant", "first", "create")]  # fmt: skip
    assert len(counted) == REPLICATED  # the plan counts on it
    session.results.checks += [check for check in counted if check]


def _measure(session: Session, point: Point, one: Load, other: Load) -> Check | None:
    """Two clients in either case, so that these cost the same."""
    session.check(point, one.service)
    for load in (one, other):
        session.warm_up(point, load)
    answered, before = 0, _users(session, point)
    for round_ in range(session.mode.rounds):
        variants = {ONE: (one, one), TWO: (one, other)}
        for variant in sorted(variants, reverse=bool(round_ % 2)):
            run = session.run("replicas", point, point.at, round_, *variants[variant], variant=variant)
            answered += run.requests
    if not point.work.writes:
        return None
    # What is in flight when a client stops is written, and nobody has counted its answer.
    uncounted = _users(session, point) - before - answered
    allowed = 2 * session.mode.rounds * (one.connections + other.connections)
    wrong = 0 if 0 <= uncounted <= allowed else abs(uncounted)
    return Check(
        "as many users are there as were answered as created under load, but for those in flight", answered, wrong
    )


def _users(session: Session, point: Point) -> int:
    tenant = point.work.tenant.id
    sql = f"SELECT count(DISTINCT user_id) FROM main.user_tenants WHERE tenant_id = '{tenant}';"
    return int(session.cluster.run(OURS, sql))
