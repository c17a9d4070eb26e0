"""The section on what to do next, which tells what was measured from what was not."""

from bench.report.markdown import NOTHING, number, table
from bench.scaling.points import TITLES
from bench.scaling.pooler import DIRECT, THROUGH_POOLER
from bench.scaling.replicas import ONE, TWO
from bench.scaling.report import pooler, replicas
from bench.scaling.report.figures import Figures, rate
from bench.scaling.report.saturation import knee

_NOT = "**not tested**"


def section(figures: Figures) -> str:
    """In the order in which a platform would take the steps."""
    lines = [
        ("A larger pool", "`DB_MAX_CONNECTIONS`", "tested above", _pool(figures)),
        (
            "More processes of the service",
            "behind any balancer; no affinity, since a process holds no session",
            "answers tested with two; the gain of a second machine " + _NOT,
            _replicas(figures),
        ),
        (
            "PgBouncer",
            "when all processes together would open more connections than PostgreSQL should have",
            "tested above, on the same machine; on a machine of its own, with TLS or with passwords " + _NOT,
            _pgbouncer(figures),
        ),
        (
            "A larger machine for PostgreSQL",
            "when its processors are what is used up; the tables of costs say how many a load needs",
            _NOT + f": all figures are of {figures.cores} cores",
            NOTHING,
        ),
        (
            "Read replicas of PostgreSQL",
            "the service has one database address and sends reads and writes to it; processes of their own for reads "
            "would have the standby's",
            _NOT + ", nor whether the service starts on a standby",
            "such processes would see writes as late as the standby has them, the dismissal of a caller too",
        ),
        (
            "Sharding by tenant",
            "a database and processes for each group of tenants, and a router that knows which tenant is where",
            _NOT,
            "users are unique within one database; a user who is in several tenants needs these in one shard, and "
            "masters who list all tenants need a router that asks every shard",
        ),
    ]
    text = """## What to do next

What saturates first says which processors are used up; the table of costs says how many of each kind a load needs.
Then, in this order:

"""
    return text + table(("Step", "How", "Tested", "What is known"), lines, texts=4)


def _pool(figures: Figures) -> str:
    found = []
    for kind in figures.kinds("pool"):
        if place := knee(figures, "pool", kind):
            found.append(f"{TITLES[kind]}: the knee is at {place[0]:,}")
    return "; ".join(found)


def _replicas(figures: Figures) -> str:
    tried = sum(check.tried for check in figures.results.checks)
    if not tried:
        return ""
    found = f"{replicas.wrong(figures):,} of {tried:,} answers were wrong"
    ratios = [
        ratio.middle
        for kind in figures.kinds("replicas")
        for at in figures.sizes("replicas", kind)
        if (ratio := figures.ratio("replicas", kind, at, TWO, ONE, rate))
    ]
    if ratios:
        found += f"; on the same cores two did {number(min(ratios))} to {number(max(ratios))} times what one did"
    return found


def _pgbouncer(figures: Figures) -> str:
    ratios = [
        ratio.middle
        for kind in figures.kinds("pgbouncer")
        for at in figures.sizes("pgbouncer", kind)
        if (ratio := figures.ratio("pgbouncer", kind, at, THROUGH_POOLER, DIRECT, rate))
    ]
    setups = pooler.works(figures)
    if not setups or not ratios:
        return "no setup by transaction kept all settings" if figures.results.setups else ""
    return (
        f"works by transaction with prepared statements and the settings of the role; {number(min(ratios))} to "
        f"{number(max(ratios))} times the throughput of direct connections where it shares their cores"
    )
