"""Medians and ratios, from the runs."""

from collections.abc import Callable

from bench.report.figures import Figure, of
from bench.report.markdown import NOTHING
from bench.scaling.points import TITLES
from bench.scaling.results import Results, Run

PROCESSES = {"service": "service", "database": "PostgreSQL", "pooler": "PgBouncer", "client": "clients"}


class Figures:
    """All that the document shows of the runs."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.cores = int(results.machine["cores"])
        self._runs: dict[tuple[str, str, int, str], dict[int, Run]] = {}
        for run in results.runs:
            self._runs.setdefault((run.part, run.kind, run.at, run.variant), {})[run.round] = run

    def kinds(self, part: str) -> list[str]:
        """Kinds of work in a part, in the order of the document."""
        found = {kind for known, kind, _, _ in self._runs if known == part}
        return [kind for kind in TITLES if kind in found]

    def sizes(self, part: str, kind: str) -> list[int]:
        """At what a kind was measured."""
        return sorted({at for known, other, at, _ in self._runs if (known, other) == (part, kind)})

    def over_runs(
        self, part: str, kind: str, at: int, value: Callable[[Run], float], variant: str = ""
    ) -> Figure | None:
        """A figure of each run."""
        rounds = self._runs.get((part, kind, at, variant), {})
        runs = [rounds[number] for number in sorted(rounds)]
        return of([value(run) for run in runs], runs)

    def ratio(
        self, part: str, kind: str, at: int, above: str, below: str, value: Callable[[Run], float]
    ) -> Figure | None:
        """Of two variants, round by round: what the machine does to a whole round falls out."""
        one, other = (self._runs.get((part, kind, at, variant), {}) for variant in (above, below))
        pairs = [(one[number], other[number]) for number in sorted(one.keys() & other.keys())]
        values = [value(first) / value(second) for first, second in pairs if value(second)]
        return of(values, [run for pair in pairs for run in pair])


def rate(run: Run) -> float:
    """Requests a second."""
    return run.rate


def p50(run: Run) -> float:
    return run.p50


def p99(run: Run) -> float:
    return run.p99


def milliseconds(process: str) -> Callable[[Run], float]:
    """Processor time of a process for one request."""
    return lambda run: run.cpu[process] * 1000 / max(run.requests, 1)


def cores(process: str) -> Callable[[Run], float]:
    """Cores that a process kept busy."""
    return lambda run: run.cpu[process] / run.taken


def idle(run: Run) -> float:
    """Cores with nothing to do."""
    return run.idle


def cost(figure: Figure | None) -> str:
    """Milliseconds, to the microsecond."""
    return NOTHING if figure is None else f"{figure.middle:.3f}{figure.marks}"


def all_cores(run: Run) -> float:
    """Cores that all of us kept busy."""
    return sum(run.cpu.values()) / run.taken
