"""Medians, ratios and their spread, from the runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from bench.results import Results, Run
from bench.work import Side


class Marked(Protocol):
    """A run that says how good its figures are."""

    @property
    def busy(self) -> bool: ...

    @property
    def few(self) -> bool: ...


@dataclass(frozen=True)
class Figure:
    """A median over the rounds, with the lowest and the highest."""

    middle: float
    lowest: float
    highest: float
    # Whether the machine was busy with something else in one of the rounds.
    busy: bool = False
    # Whether requests in flight were counted as answered in one of the rounds.
    few: bool = False

    @property
    def marks(self) -> str:
        return ("†" if self.busy else "") + ("‡" if self.few else "")


def of(values: Sequence[float], runs: Sequence[Marked] = ()) -> Figure | None:
    """The figure of some values; nothing of none."""
    if not values:
        return None
    marks = any(run.busy for run in runs), any(run.few for run in runs)
    return Figure(median(values), min(values), max(values), *marks)


class Figures:
    """All that the document shows of the runs."""

    def __init__(self, results: Results) -> None:
        self._runs: dict[tuple[str, Side], dict[int, Run]] = {}
        for run in results.runs:
            self._runs.setdefault((run.work, run.side), {})[run.round] = run
        self._statements = {(one.work, one.side): one for one in results.statements}

    def runs(self, work: str, side: Side) -> list[Run]:
        rounds = self._runs.get((work, side), {})
        return [rounds[number] for number in sorted(rounds)]

    def over_runs(self, work: str, side: Side, value: Callable[[Run], float]) -> Figure | None:
        """A figure of each run of a work."""
        runs = self.runs(work, side)
        return of([value(run) for run in runs], runs)

    def rate(self, work: str, side: Side) -> Figure | None:
        """Requests a second."""
        return self.over_runs(work, side, lambda run: run.rate)

    def ratio(self, above: tuple[str, Side], below: tuple[str, Side]) -> Figure | None:
        """Of two rates, round by round: what the machine does to a whole round falls out."""
        rounds = [self._runs.get(key, {}) for key in (above, below)]
        common = sorted(rounds[0].keys() & rounds[1].keys())
        pairs = [(rounds[0][number], rounds[1][number]) for number in common]
        # Nothing answered at all: there is no ratio.
        values = [one.rate / other.rate for one, other in pairs if other.rate]
        return of(values, [run for pair in pairs for run in pair])

    def statements(self, work: str, side: Side) -> tuple[float, float] | None:
        """Statements a request, and those among them that begin or end a transaction."""
        found = self._statements.get((work, side))
        if found is None:
            return None
        edges = sum(each.calls for each in found.statements if each.query.upper().startswith(_EDGES))
        return sum(each.calls for each in found.statements) / found.requests, edges / found.requests


_EDGES = ("BEGIN", "COMMIT", "ROLLBACK", "START TRANSACTION")


def service_cpu(run: Run) -> float:
    """Microseconds a request."""
    return run.service * 1e6 / max(run.requests, 1)


def database_cpu(run: Run) -> float:
    """Microseconds a request, of all processes of PostgreSQL."""
    return run.database * 1e6 / max(run.requests, 1)
