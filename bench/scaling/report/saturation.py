"""The section on what saturates first."""

from collections.abc import Sequence

from bench.report.figures import Figure
from bench.report.markdown import middle, number, spread, table
from bench.scaling.points import TITLES
from bench.scaling.report.figures import PROCESSES, Figures, cores, idle, p50, p99, rate
from bench.scaling.sweep import POOL_CLIENTS
from bench.targets.service import POOL

# The knee is the least that reaches this share of the highest throughput.
_KNEE = 0.95
# With no more than this share of all cores idle, they count as used up.
_FREE = 0.10
_SHOWN = ("service", "database", "client")


def section(figures: Figures) -> str:
    """Connections of clients, then those of the service to the database."""
    connections, pool = _part(figures, "connections", "connections"), _part(figures, "pool", "connections in the pool")
    return f"""## What saturates first

The knee is the least that reaches {_KNEE:.0%} of the highest throughput. *Cores* are those that a process kept busy,
of {figures.cores}; the clients are on the same machine. What is neither theirs nor idle is work of the kernel for no
process, or of others.

### Connections of clients

One process with {POOL} connections to PostgreSQL.

![Connections of clients](plots/connections.svg)

{connections}
### Size of the pool

`DB_MAX_CONNECTIONS`, with {POOL_CLIENTS} connections of clients.

![Size of the pool](plots/pool.svg)

{pool}"""


def knee(figures: Figures, part: str, kind: str) -> tuple[int, Figure, int, Figure] | None:
    """Where it is with its throughput, and where the highest one is with that."""
    rates = {at: figures.over_runs(part, kind, at, rate) for at in figures.sizes(part, kind)}
    known = {at: figure for at, figure in rates.items() if figure}
    if not known:
        return None
    top = max(known, key=lambda at: known[at].middle)
    first = min(at for at in known if known[at].middle >= _KNEE * known[top].middle)
    return first, known[first], top, known[top]


def _part(figures: Figures, part: str, what: str) -> str:
    texts = []
    for kind in figures.kinds(part):
        lines = [
            (
                f"{at:,}",
                spread(figures.over_runs(part, kind, at, rate)),
                *(middle(figures.over_runs(part, kind, at, value)) for value in (p50, p99)),
                *(middle(figures.over_runs(part, kind, at, cores(who))) for who in _SHOWN),
                middle(figures.over_runs(part, kind, at, idle)),
            )
            for at in figures.sizes(part, kind)
        ]
        names = [f"{PROCESSES[who].capitalize() if who != 'database' else PROCESSES[who]}, cores" for who in _SHOWN]
        head: Sequence[str] = (what.capitalize(), "Requests/s", "50 %, ms", "99 %, ms", *names, "Idle, cores")
        texts.append(f"**{TITLES[kind].capitalize()}.** {_said(figures, part, kind, what)}\n\n{table(head, lines, 0)}")
    return "\n".join(texts)


def _said(figures: Figures, part: str, kind: str, what: str) -> str:
    """The knee in words."""
    found = knee(figures, part, kind)
    if found is None:
        return ""
    first, at_knee, top, highest = found
    used = {
        PROCESSES[who]: figure.middle for who in _SHOWN if (figure := figures.over_runs(part, kind, first, cores(who)))
    }
    unused = figures.over_runs(part, kind, first, idle)
    free = unused.middle if unused else 0.0
    most = max(used, key=lambda name: used[name])
    shares = ", ".join(f"{name} {number(value)}" for name, value in used.items())
    if free <= _FREE * figures.cores:
        bound = f"The processors are used up ({number(free)} of {figures.cores} cores are idle), most of all by {most}"
    else:
        bound = (
            f"{number(free)} of {figures.cores} cores are idle there, so that processors alone do not bound it; "
            f"most of what is used, {most} uses"
        )
    least = first == max(figures.sizes(part, kind))
    more = " More were not tried." if least else ""
    return (
        f"The knee is at {first:,} {what}: {number(at_knee.middle)} requests a second{at_knee.marks};\nthe highest is "
        f"{number(highest.middle)}{highest.marks} at {top:,}. {bound}:\n{shares}.{more}"
    )
