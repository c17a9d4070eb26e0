"""The section on what grows with the size of a tenant, and with the number of tenants."""

from bench.report.markdown import NOTHING, middle, number, spread, table
from bench.scaling.points import BY_TENANTS, TITLES
from bench.scaling.report.figures import Figures, cost, milliseconds, p50, p99, rate
from bench.scaling.results import Run

# So much dearer than the cheapest size, and the document says where to read on.
_DEAR = 3


def section(figures: Figures) -> str:
    """A table of each kind of work."""
    text = """## Growth with the data

One process, 32 connections of clients. Processor time is that of a request, in milliseconds. All tenants by members are
in one database, each number of tenants in one of its own. In the lower plots the dashed lines are PostgreSQL.

![Growth](plots/growth.svg)

"""
    return text + "\n".join(_table(figures, kind) for kind in figures.kinds("curves"))


def _table(figures: Figures, kind: str) -> str:
    size = "Tenants" if kind in BY_TENANTS else "Members"
    grown = figures.results.grown if kind == "create" else {}
    head = (size, "Requests/s", "50 %, ms", "99 %, ms", "Service, ms", "PostgreSQL, ms")
    lines = []
    for at in figures.sizes("curves", kind):
        line = [f"{at:,}"]
        line.append(spread(figures.over_runs("curves", kind, at, rate)))
        line += [middle(figures.over_runs("curves", kind, at, value)) for value in (p50, p99)]
        line += [cost(figures.over_runs("curves", kind, at, milliseconds(who))) for who in ("service", "database")]
        if kind == "create":
            members = grown.get(str(at))
            line.append(f"{members[1]:,}" if members else NOTHING)
        lines.append(line)
    title = f"### {TITLES[kind].capitalize()}\n\n"
    said = _spread(figures, kind)
    if kind != "create":
        return f"{title}{said}\n\n{table(head, lines, texts=0)}"
    note = "The tenant grows while users are created in it; the last column is what it had grown to."
    return f"{title}{said}\n{note}\n\n{table((*head, 'Members at the end'), lines, texts=0)}"


def _spread(figures: Figures, kind: str) -> str:
    """How much the size matters, in words."""
    costs = {
        at: figure.middle
        for at in figures.sizes("curves", kind)
        if (figure := figures.over_runs("curves", kind, at, _together))
    }
    dearest, cheapest = max(costs, key=lambda at: costs[at]), min(costs, key=lambda at: costs[at])
    times = costs[dearest] / max(costs[cheapest], 1e-9)
    unit = "tenants" if kind in BY_TENANTS else "members"
    text = (
        f"With {dearest:,} {unit} a request costs {number(times)} times the processor time of one with {cheapest:,}, "
        "of service and PostgreSQL together."
    )
    if times >= _DEAR and kind not in BY_TENANTS:
        text += (
            "\n[ADR 19](adr/0019-one-plan-for-tenants-of-all-sizes.md) says how a plan depends on the sizes of tenants."
        )
    return text


def _together(run: Run) -> float:
    return milliseconds("service")(run) + milliseconds("database")(run)
