"""docs/benchmarks.md: the bar, throughput, growth, what a request costs, and the processes."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from bench.report import figures
from bench.report.figures import Figure, Figures, cost, middle, number, spread, table
from bench.session import Results
from bench.work import WORKS, Side

_MEGABYTE = 1_000_000
_NAMES = {
    Side.ORIGINAL: "the original", Side.OURS: "ours", Side.REFERENCE: "pgbench", Side.SQLITE: "ours on SQLite",
    Side.BEFORE: "before", Side.BEFORE_SQLITE: "before on SQLite",
}  # fmt: skip
_RATIOS = {
    "ours / original": (Side.OURS, Side.ORIGINAL), "ours / pgbench": (Side.OURS, Side.REFERENCE),
    "SQLite / ours": (Side.SQLITE, Side.OURS), "ours / before": (Side.OURS, Side.BEFORE),
    "SQLite / before": (Side.SQLITE, Side.BEFORE_SQLITE),
}  # fmt: skip


def write(results: Results, document: Path) -> None:
    """The document."""
    found, measured = Figures(results), {run.work for run in results.runs}
    works = [work for work in WORKS.values() if work.name in measured]
    sides = [side for side in Side if any(run.side == side for run in results.runs)]
    ratios = {name: pair for name, pair in _RATIOS.items() if {*pair} <= {*sides}}
    names, throughput, grown, processor, processes = [_NAMES[side] for side in sides], [], [], [], []
    costs: dict[str, tuple[str, str]] = {}
    for side in sides:
        costs |= {} if side is Side.REFERENCE else {f"{_NAMES[side]}: service": (str(side), "service")}
        costs |= {} if side.endswith("sqlite") else {f"{_NAMES[side]}: PostgreSQL": (str(side), "database")}
    for work in works:
        pairs = (((work.name, above), (work.name, below)) for above, below in ratios.values())
        rates = [spread(found.over(work.name, side)) for side in sides]
        throughput.append((work.title, *rates, *(spread(found.ratio(*pair)) for pair in pairs)))
        spent = (middle(found.over(work.name, side, cost(who))) for side, who in costs.values())
        processor.append((work.title, *spent))
        if work.members not in (None, 100):
            smallest = work.name.replace(f"-{work.members}-", "-100-")
            grown.append((work.title, *(spread(found.ratio((smallest, side), (work.name, side))) for side in sides)))
    for name, held in results.memory.items():
        start = Figure.of([seconds * 1000 for seconds in results.starts[name]])
        cells = [number(held[when] / _MEGABYTE) for when in ("idle", "load", "after")]
        processes.append((_NAMES[Side(name)], spread(start), *cells))
    bar = list(_bar(found))
    figures.write(
        results, document, "benchmarks.md.in",
        parts="" if results.complete else " Only part of the work was measured.",
        met=f"{sum('**' not in line[2] for line in bar)} of {len(bar)} are met.",
        bar=table(("Work", "Bar", "", "Measured", "pgbench / the original"), bar, texts=3),
        throughput=table(("Work", *names, *ratios), throughput),
        growth=table(("Work", *names), grown),
        processor=table(("Work", *costs), processor),
        processes=table(("", "Start, ms", "Idle, MB", "Under load, MB", "After it, MB"), processes),
    )  # fmt: skip


def _bar(found: Figures) -> Iterator[tuple[str, ...]]:
    """All lines that this measurement has figures for."""
    for rate in tomllib.loads(Path(__file__).with_name("bar.toml").read_text())["rate"]:
        above, below = Side(rate["of"]), Side(rate["over"])
        for name, least in rate["least"].items():
            best = found.ratio((name, Side.REFERENCE), (name, below)) if below is Side.ORIGINAL else None
            if figure := found.ratio((name, above), (name, below)):
                asks = f"{_NAMES[above]} ≥ {least:g} × {_NAMES[below]}"
                met = "met" if figure.middle >= least else "**not met**"
                yield WORKS[name].title, asks, met, f"{spread(figure)} ×", f"{middle(best)} ×" if best else ""
