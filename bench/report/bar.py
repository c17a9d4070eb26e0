"""The bar: what was set out to be reached, and whether it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.population import SIZED
from bench.report.figures import Figure, Figures, database_cpu, of, service_cpu
from bench.results import Results
from bench.work import Side

MEGABYTE = 1_000_000
NAMES = {
    Side.ORIGINAL: "the original",
    Side.OURS: "ours",
    Side.REFERENCE: "pgbench",
    Side.SQLITE: "ours on SQLite",
}


@dataclass(frozen=True)
class Row:
    """One line of the bar."""

    work: str
    asks: str
    figure: Figure
    unit: str
    met: bool
    # What pgbench reaches over the same, with the best statement that we know.
    pgbench: Figure | None = None


# Work, whose rate over whose, at least.
_RATES: tuple[tuple[str, Side, Side, float], ...] = (
    ("tenant", Side.OURS, Side.ORIGINAL, 50),
    ("tenant", Side.OURS, Side.REFERENCE, 0.5),
    ("tenants", Side.OURS, Side.ORIGINAL, 50),
    ("tenants", Side.OURS, Side.REFERENCE, 0.45),
    ("users-1000-first", Side.OURS, Side.ORIGINAL, 150),
    *((f"users-{members}-{page}", Side.OURS, Side.REFERENCE, 0.8) for members in SIZED for page in ("first", "cursor")),
    ("create-role", Side.OURS, Side.ORIGINAL, 25),
    ("create-user", Side.OURS, Side.ORIGINAL, 25),
    ("tenant", Side.SQLITE, Side.OURS, 2.5),
    ("tenants", Side.SQLITE, Side.OURS, 1.1),
    ("users-1000-first", Side.SQLITE, Side.OURS, 1.5),
    ("create-role", Side.SQLITE, Side.OURS, 2),
    ("create-user", Side.SQLITE, Side.OURS, 2),
    ("update-user", Side.SQLITE, Side.OURS, 2),
    ("add-members", Side.SQLITE, Side.OURS, 2),
)
# The time of these pages may grow by this from the first one of the smallest tenant to any other.
_FLAT = 1.3
_FLAT_PAGES = ("first", "cursor")
_SMALLEST = "users-100-first"
# Service against database, processor time.
_LIGHTER = ("tenant", "tenants")
_MEMORY = (("idle", 20), ("load", 60))
_START_MILLISECONDS = 30


def rows(results: Results, figures: Figures) -> Iterator[Row]:
    """All lines that this measurement has figures for."""
    titles = {work.name: work.title for work in results.works}
    for measured, above, below, least in _RATES:
        if figure := figures.ratio((measured, above), (measured, below)):
            met = figure.middle >= least
            pgbench = figures.ratio((measured, Side.REFERENCE), (measured, below)) if below is Side.ORIGINAL else None
            yield Row(titles[measured], f"{NAMES[above]} ≥ {least:g} × {NAMES[below]}", figure, " ×", met, pgbench)
    for work in results.works:
        figure = figures.ratio((_SMALLEST, Side.OURS), (work.name, Side.OURS))
        if figure and work.family == "users" and work.page in _FLAT_PAGES and work.name != _SMALLEST:
            yield Row(work.title, f"≤ {_FLAT:g} × the time at 100", figure, " ×", figure.middle <= _FLAT)
    for name in _LIGHTER:
        share = figures.over_runs(name, Side.OURS, lambda run: service_cpu(run) / max(database_cpu(run), 1e-9))
        if share:
            yield Row(titles[name], "processor time of the service < PostgreSQL's", share, " ×", share.middle < 1)
    yield from _statements(results, figures)
    yield from _process(results)


def _statements(results: Results, figures: Figures) -> Iterator[Row]:
    for work in results.works:
        found = figures.statements(work.name, Side.OURS)
        if found and not work.writes:
            most = 1 + work.included
            figure = Figure(found[0], found[0], found[0])
            yield Row(work.title, f"statements ≤ {most}", figure, "", round(found[0], 1) <= most)


def _process(results: Results) -> Iterator[Row]:
    for side in (Side.OURS, Side.SQLITE):
        for when, most in _MEMORY:
            value = results.memory.get(side, {}).get(f"{when} resident")
            if value is not None and (figure := of([value / MEGABYTE])):
                title = f"resident memory, {'idle' if when == 'idle' else 'under load'}, {NAMES[side]}"
                yield Row(title, f"≤ {most} MB", figure, " MB", figure.middle <= most)
    start = of([seconds * 1000 for seconds in results.starts.get(Side.SQLITE, [])])
    if start:
        met = start.middle <= _START_MILLISECONDS
        yield Row("start to first answer, ours on SQLite", f"≤ {_START_MILLISECONDS} ms", start, " ms", met)
