"""The section on what a million requests cost, and what an example load needs."""

from bench.report.markdown import NOTHING, number, table
from bench.scaling.points import BY_TENANTS, TITLES
from bench.scaling.report.figures import Figures, milliseconds

# An assumption, not a measurement: requests a second, and the share of each kind.
LOAD = 10_000
MIX = {"tenant": 0.70, "first": 0.15, "cursor": 0.05, "tenants": 0.05, "create": 0.05}
# The size whose costs count for the load, or the largest one below it.
_SIZE = 10_000


def section(figures: Figures) -> str:
    """Seconds of processors a million requests, and an example."""
    return f"""## Processor seconds of a million requests

Derived from the tables above.

{_table(figures)}
{_example(figures)}"""


def _table(figures: Figures) -> str:
    lines = []
    for kind in figures.kinds("curves"):
        for at in figures.sizes("curves", kind):
            cost = [figures.over_runs("curves", kind, at, milliseconds(who)) for who in ("service", "database")]
            service, database = cost
            if service is None or database is None or not service.middle:
                continue
            seconds = [service.middle * 1000, database.middle * 1000]
            marks = "†" if service.busy else ""
            lines.append(
                (
                    f"{TITLES[kind]}, {at:,} {'tenants' if kind in BY_TENANTS else 'members'}",
                    *(number(value) + marks for value in (*seconds, sum(seconds))),
                    number(1e6 / seconds[0]) + marks,
                    number(seconds[1] / seconds[0]) + marks,
                )
            )
    head = ("Work", "Service", "PostgreSQL", "Together", "Requests/s, 1 core of service", "Cores of PostgreSQL to it")
    return table(head, lines)


def _example(figures: Figures) -> str:
    chosen = {}
    for kind in MIX:
        sizes = [at for at in figures.sizes("curves", kind) if at <= _SIZE]
        if not sizes:
            return ""
        chosen[kind] = max(sizes)
    lines, service, database = [], 0.0, 0.0
    for kind, share in MIX.items():
        cost = [figures.over_runs("curves", kind, chosen[kind], milliseconds(who)) for who in ("service", "database")]
        if cost[0] is None or cost[1] is None:
            return ""
        each = [LOAD * share * one.middle / 1000 for one in cost if one]
        service, database = service + each[0], database + each[1]
        size = f"{chosen[kind]:,} {'tenants' if kind in BY_TENANTS else 'members'}"
        lines.append((f"{TITLES[kind]}, {size}", f"{LOAD * share:,.0f}", *map(number, each)))
    lines.append(("all", f"{LOAD:,}", number(service), number(database)))
    per_core = number(LOAD / service) if service else NOTHING
    relation = number(database / service) if service else NOTHING
    return f"""### An example in machines

The mix is an assumption, the costs are measured: {LOAD:,} requests a second of these kinds need so many cores.

{table(("Work", "Requests/s", "Cores of service", "Cores of PostgreSQL"), lines)}
So **1 core of service and {relation} of PostgreSQL carry {per_core} requests a second** of this mix. This multiplies
what a request costs on {figures.cores} cores that the service, PostgreSQL and the clients share. It counts no reserve,
no replication, no backup and no network; whether costs stay the same on more cores was not measured.
"""
