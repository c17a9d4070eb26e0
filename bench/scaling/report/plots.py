"""The plots of the document, in the style of those of the comparison."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from bench.report.plots import STYLE, save
from bench.scaling.points import BY_MEMBERS, BY_TENANTS, TITLES
from bench.scaling.report.figures import PROCESSES, Figures, cores, milliseconds, p99, rate
from bench.scaling.results import Run

_KINDS = {"tenant": "#1b6ca8", "tenants": "#6fa8d6", "first": "#e08e1b", "cursor": "#7a4fa3", "create": "#2f7d4f"}
_PROCESSES = {"service": "#1b6ca8", "database": "#1f1f1f", "client": "#b0b0b0"}
_WIDTH = 8


def draw(figures: Figures, directory: Path) -> list[Path]:
    """Draws all plots that there are figures for."""
    directory.mkdir(parents=True, exist_ok=True)
    labels = {"connections": "connections of clients", "pool": "connections in the pool"}
    with matplotlib.rc_context(STYLE):
        drawn = [_growth(figures, directory)] if figures.kinds("curves") else []
        return drawn + [_sweep(figures, part, labels[part], directory) for part in labels if figures.kinds(part)]


def _growth(figures: Figures, directory: Path) -> Path:
    """Throughput above, processor time below."""
    figure = Figure(figsize=(_WIDTH, 5.6), layout="constrained")
    panels = figure.subplots(2, 2, sharey="row")
    for column, (kinds, label) in enumerate(((BY_MEMBERS, "members of the tenant"), (BY_TENANTS, "tenants"))):
        above, below = panels[0][column], panels[1][column]
        for kind in kinds:
            _line(above, figures, "curves", kind, rate, color=_KINDS[kind], label=TITLES[kind])
            for process, line in (("service", "-"), ("database", "--")):
                _line(below, figures, "curves", kind, milliseconds(process), color=_KINDS[kind], linestyle=line)
        above.legend(frameon=False, fontsize=7)
        below.set_xlabel(label)
        for axes in (above, below):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.grid(alpha=0.3)
    panels[0][0].set_ylabel("requests a second")
    panels[1][0].set_ylabel("processor time, ms a request\n(dashed: PostgreSQL)")
    return save(figure, directory / "growth.svg")


def _sweep(figures: Figures, part: str, label: str, directory: Path) -> Path:
    """Throughput, the slowest of a hundred, and who works, one below the other."""
    kinds = figures.kinds(part)
    figure = Figure(figsize=(_WIDTH, 6.4), layout="constrained")
    panels = figure.subplots(3, len(kinds), sharex=True, squeeze=False)
    for column, kind in enumerate(kinds):
        above, between, below = (panels[row][column] for row in range(3))
        above.set_title(TITLES[kind])
        _line(above, figures, part, kind, rate, color=_KINDS[kind])
        _line(between, figures, part, kind, p99, color=_KINDS[kind])
        for process, colour in _PROCESSES.items():
            _line(below, figures, part, kind, cores(process), color=colour, label=PROCESSES[process])
        above.set_ylim(bottom=0)
        between.set_yscale("log")
        below.set_ylim(0, figures.cores)
        below.set_xscale("log", base=2)
        below.set_xticks(figures.sizes(part, kind), [str(at) for at in figures.sizes(part, kind)], fontsize=7)
        below.set_xlabel(label)
        for axes in (above, between, below):
            axes.grid(alpha=0.3)
    for row, text in enumerate(("requests a second", "99 %, ms", f"cores, of {figures.cores}")):
        panels[row][0].set_ylabel(text)
    panels[2][0].legend(frameon=False, fontsize=7)
    return save(figure, directory / f"{part}.svg")


def _line(axes: Any, figures: Figures, part: str, kind: str, value: Callable[[Run], float], **style: Any) -> None:
    points = {
        at: figure.middle for at in figures.sizes(part, kind) if (figure := figures.over_runs(part, kind, at, value))
    }
    if points:
        axes.plot(list(points), list(points.values()), marker="o", markersize=3, **style)
