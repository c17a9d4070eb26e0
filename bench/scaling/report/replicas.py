"""The section on two processes of the service."""

from statistics import median

from bench.report.markdown import middle, number, spread, table
from bench.scaling.consistency import OTHER, SAME
from bench.scaling.plan import CLIENTS
from bench.scaling.points import TITLES
from bench.scaling.replicas import ONE, TWO
from bench.scaling.report.figures import Figures, all_cores, cost, milliseconds, p99, rate
from bench.targets.service import POOL


def section(figures: Figures) -> str:
    """Whether two give correct answers, and how much they do together."""
    return f"""## Two processes on one database

{_questions(figures)}
{_cache(figures)}
### Totals

Two clients of {CLIENTS // 2} connections each: both to one process, or each to one of its own. Each process has a pool
of {POOL}. The ratio is of the same round. Processor time is that of a request.

{_totals(figures)}
Both processes, PostgreSQL and the clients share {figures.cores} cores. So this shows what a second process costs, and
that it is correct; it cannot show what a second process on a machine of its own adds.
"""


def wrong(figures: Figures) -> int:
    """Answers that were others than they should be."""
    return sum(check.wrong for check in figures.results.checks)


def _questions(figures: Figures) -> str:
    lines = [(check.question, f"{check.tried:,}", f"{check.wrong:,}") for check in figures.results.checks]
    return "### Answers\n\nWho writes and who reads takes turns.\n\n" + table(("", "Tried", "Wrong"), lines)


def _cache(figures: Figures) -> str:
    found = figures.results.refused_after
    lines = [
        (name, f"{len(values)}", number(median(values)), number(min(values)), number(max(values)))
        for name in (SAME, OTHER)
        if (values := found.get(name))
    ]
    return f"""A process remembers of a caller that its user, membership and tenant are active, for
`CALLER_CACHE_MILLISECONDS` ([ADR 8](adr/0008-liveness-for-one-second.md)). Milliseconds until the token of a removed
member is refused, when both processes have just let it in:

{table(("Asked of", "Tried", "Median", "Least", "Most"), lines)}
Keys and verified tokens are remembered too ([operations.md](operations.md#keys-and-their-rotation)), and each process
remembers for itself which signatures of `POST /user-callback` it has seen; neither was measured here. What is
written of users was read from the other process at once.
"""


def _totals(figures: Figures) -> str:
    lines = []
    for kind in figures.kinds("replicas"):
        for at in figures.sizes("replicas", kind):
            rates, *others = (
                [shown(figures.over_runs("replicas", kind, at, value, variant)) for variant in (ONE, TWO)]
                for value, shown in (
                    (rate, middle), (p99, middle), (milliseconds("service"), cost), (milliseconds("database"), cost)
                )
            )  # fmt: skip
            gain = spread(figures.ratio("replicas", kind, at, TWO, ONE, rate))
            used = middle(figures.over_runs("replicas", kind, at, all_cores, TWO))
            lines.append((TITLES[kind], *rates, gain, *(cell for pair in others for cell in pair), used))
    head = (
        "Work", "One, requests/s", "Two, requests/s", "Two / one", "One, 99 %, ms", "Two, 99 %, ms", "One: service, ms",
        "Two: services, ms", "One: PostgreSQL, ms", "Two: PostgreSQL, ms", "Two: all, cores",
    )  # fmt: skip
    return table(head, lines)
