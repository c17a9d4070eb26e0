"""The plots of the document."""

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from bench.report.bar import NAMES
from bench.report.figures import Figures
from bench.results import Results
from bench.work import Side

# Told apart by brightness too.
_COLOURS = {Side.ORIGINAL: "#b0b0b0", Side.OURS: "#1b6ca8", Side.REFERENCE: "#1f1f1f", Side.SQLITE: "#e08e1b"}
# The same bytes for the same results, and text that stays text.
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "benchmarks",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
}


def draw(results: Results, figures: Figures, directory: Path) -> list[Path]:
    """Draws all plots that there are figures for."""
    directory.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        return [*_throughput(results, figures, directory), *_growth(results, figures, directory)]


def _throughput(results: Results, figures: Figures, directory: Path) -> list[Path]:
    works = [work for work in results.works if work.members in (None, 1_000)]
    if not works:
        return []
    figure = Figure(figsize=(8, 0.62 * len(works) + 1.2))
    axes = figure.subplots()
    height = 0.8 / len(Side)
    for place, side in enumerate(Side):
        rates = [figures.rate(work.name, side) for work in works]
        # The first work on top, and its sides in their order.
        positions = [row + (place - 1.5) * height for row in range(len(works))]
        values = [rate.middle if rate else 0 for rate in rates]
        axes.barh(positions, values, height, color=_COLOURS[side], label=NAMES[side])
    axes.set_yticks(range(len(works)), [work.title for work in works])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("requests a second")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(Side), frameon=False)
    return [save(figure, directory / "throughput.svg")]


def _growth(results: Results, figures: Figures, directory: Path) -> list[Path]:
    drawn = []
    for family in ("users", "include"):
        works = [work for work in results.works if work.family == family]
        pages = list(dict.fromkeys(work.page for work in works))
        if len({work.members for work in works}) < 2:
            continue
        figure = Figure(figsize=(8, 3.4))
        panels = figure.subplots(1, len(pages), sharey=True, squeeze=False)
        for axes, page in zip(panels[0], pages, strict=True):
            for side in Side:
                points = {
                    work.members: 1000 / rate.middle
                    for work in works
                    if work.page == page and (rate := figures.rate(work.name, side))
                }
                if points:
                    axes.plot(list(points), list(points.values()), marker="o", color=_COLOURS[side], label=NAMES[side])
            axes.set_title(f"{page} page")
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel("members of the tenant")
            axes.grid(alpha=0.3)
        panels[0][0].set_ylabel("milliseconds a request (1 / throughput)")
        handles, labels = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper center", ncols=len(Side), frameon=False, bbox_to_anchor=(0.5, 1.06))
        drawn.append(save(figure, directory / f"growth-{family}.svg"))
    return drawn


def save(figure: Figure, file: Path) -> Path:
    """Writes a plot."""
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return file
