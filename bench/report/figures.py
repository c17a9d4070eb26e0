"""Medians, ratios and their spread, from the runs; and how documents show them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from string import Template

from bench.session import Results, Run

# No value where nothing was measured.
NOTHING = "–"
Value = Callable[[Run], float]


@dataclass(frozen=True)
class Figure:
    """A median over the rounds, with the lowest and the highest; † marks a busy machine, ‡ few answers."""

    middle: float
    lowest: float
    highest: float
    marks: str

    @staticmethod
    def of(values: Sequence[float], runs: Sequence[Run] = ()) -> "Figure | None":
        marks = ("†" if any(run.busy for run in runs) else "") + ("‡" if any(run.few for run in runs) else "")
        return Figure(median(values), min(values), max(values), marks) if values else None


class Figures:
    """All that a document shows of the runs."""

    def __init__(self, results: Results) -> None:
        self._runs: dict[tuple[str, str], dict[int, Run]] = {}
        for run in results.runs:
            self._runs.setdefault((run.work, run.side), {})[run.round] = run

    def over(self, work: str, side: str, value: Value = lambda run: run.rate) -> Figure | None:
        """Of each run of a work, requests a second or another value."""
        runs = [run for _, run in sorted(self._runs.get((work, side), {}).items())]
        return Figure.of([value(run) for run in runs], runs)

    def ratio(self, above: tuple[str, str], below: tuple[str, str]) -> Figure | None:
        """Of two rates, round by round: what the machine does to a whole round falls out."""
        one, other = self._runs.get(above, {}), self._runs.get(below, {})
        pairs = [(one[at], other[at]) for at in sorted(one.keys() & other.keys()) if other[at].rate]
        return Figure.of([run.rate / base.rate for run, base in pairs], [run for pair in pairs for run in pair])


def cost(who: str) -> Value:
    """Microseconds of processor time a request."""
    return lambda run: run.cpu[who] * 1e6 / max(run.requests, 1)


def number(value: float) -> str:
    """Three figures that count, thousands set apart."""
    digits = 0 if abs(value) >= 100 or value == 0 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def middle(figure: Figure | None) -> str:
    """The median alone."""
    return NOTHING if figure is None else number(figure.middle) + figure.marks


def spread(figure: Figure | None) -> str:
    """The median, and from where to where the rounds went."""
    if figure is None or number(figure.lowest) == number(figure.highest):
        return middle(figure)
    return f"{middle(figure)} ({number(figure.lowest)}–{number(figure.highest)})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A table; so many columns are text, the others are numbers."""
    lines = [head, [*["---"] * texts, *["---:"] * (len(head) - texts)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(results: Results, document: Path, template: str, **sections: str) -> None:
    """Fills a template in, with what every document says: when and where it was measured, and what went wrong."""
    busy, settings = sum(run.busy for run in results.runs), []
    for side, values in results.settings.items():
        settings.append("\n".join([f"{side}:\n\n```ini", *map("=".join, values.items()), "```"]))
    sections |= {
        "failures": "".join(f"**Failed:** {what}: {how.splitlines()[0]}\n\n" for what, how in results.failures.items()),
        "busy": f"{busy} of {len(results.runs)}",
        "facts": table(("", ""), results.machine.items(), texts=2),
        "settings": "\n\n".join(settings),
    }
    sections |= {"started": results.started, "mode": results.mode, "cores": results.machine["cores"]}
    document.write_text(Template(Path(__file__).with_name(template).read_text()).substitute(sections))
