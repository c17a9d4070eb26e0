"""The sections that say how fast and how large it is."""

from bench.report.bar import MEGABYTE, NAMES, rows
from bench.report.figures import Figures, database_cpu, of, service_cpu
from bench.report.markdown import NOTHING, middle, number, spread, table
from bench.results import Results
from bench.work import Side


def bar(results: Results, figures: Figures) -> str:
    """What was set out to be reached."""
    lines = [
        (
            row.work,
            row.asks,
            "met" if row.met else "**not met**",
            f"{spread(row.figure)}{row.unit}",
            f"{middle(row.pgbench)}{row.unit}" if row.pgbench else "",
        )
        for row in rows(results, figures)
    ]
    met = sum(line[2] == "met" for line in lines)
    text = f"## The bar\n\n{met} of {len(lines)} are met.\n\n"
    return text + table(("Work", "Bar", "", "Measured", "pgbench / the original"), lines, texts=3)


def throughput(results: Results, figures: Figures) -> str:
    """How much is done in a second, and in which relation."""
    text = "## Throughput\n\nRequests a second.\n\n![Throughput](plots/throughput.svg)\n\n"
    head = ("Work", *NAMES.values(), "ours / original", "ours / pgbench", "SQLite / ours")
    lines = []
    for work in results.works:
        name = work.name
        ratios = ((Side.OURS, Side.ORIGINAL), (Side.OURS, Side.REFERENCE), (Side.SQLITE, Side.OURS))
        lines.append(
            (
                work.title,
                *(spread(figures.rate(name, side)) for side in Side),
                *(spread(figures.ratio((name, above), (name, below))) for above, below in ratios),
            )
        )
    return text + table(head, lines)


def growth(results: Results, figures: Figures) -> str:
    """What becomes of a page when a tenant grows."""
    text = (
        "## Growth with the size of a tenant\n\nThe time of a page (1 / throughput) over that in a tenant of 100.\n\n"
    )
    lines = []
    for work in results.works:
        smallest = f"{work.family}-100-{work.page}"
        if work.members is not None and work.members != 100:
            name = work.name
            lines.append((work.title, *(spread(figures.ratio((smallest, side), (name, side))) for side in Side)))
    if not lines:
        return ""
    plots = "".join(f"![Growth, {family}](plots/growth-{family}.svg)\n\n" for family in ("users", "include"))
    return text + plots + table(("Work", *NAMES.values()), lines)


def processor(results: Results, figures: Figures) -> str:
    """What a request costs."""
    text = "## Processor time a request\n\nMicroseconds, of the service and of all processes of PostgreSQL.\n\n"
    columns = (
        ("original: service", Side.ORIGINAL, service_cpu),
        ("original: PostgreSQL", Side.ORIGINAL, database_cpu),
        ("ours: service", Side.OURS, service_cpu),
        ("ours: PostgreSQL", Side.OURS, database_cpu),
        ("pgbench: PostgreSQL", Side.REFERENCE, database_cpu),
        ("ours on SQLite", Side.SQLITE, service_cpu),
    )
    lines = [
        (
            work.title,
            *(middle(figures.over_runs(work.name, side, value)) for _, side, value in columns),
        )
        for work in results.works
    ]
    return text + table(("Work", *(title for title, _, _ in columns)), lines)


def statements(results: Results, figures: Figures) -> str:
    """What the database is sent."""
    text = """## Statements a request

Counted by `pg_stat_statements` over requests one after the other; in brackets, how many of them begin or end a
transaction. `results.json` has their texts.

"""
    sides = (Side.ORIGINAL, Side.OURS, Side.REFERENCE)
    lines = []
    for work in results.works:
        cells = []
        for side in sides:
            found = figures.statements(work.name, side)
            cells.append(NOTHING if found is None else f"{found[0]:.3g}" + (f" ({found[1]:.3g})" if found[1] else ""))
        lines.append((work.title, *cells))
    return text + table(("Work", *(NAMES[side] for side in sides)), lines)


def process(results: Results, _: Figures) -> str:
    """Start, memory and size of the processes."""
    starts = [(NAMES[Side(side)], spread(of([one * 1000 for one in found]))) for side, found in results.starts.items()]
    memory = [
        (NAMES[Side(side)], *(_resident_and_anonymous(found, when) for when in ("idle", "load", "after")))
        for side, found in results.memory.items()
    ]
    sizes = [
        (NAMES[Side(side)], number(found["bytes"] / MEGABYTE), f"{found['files']:,}")
        for side, found in results.sizes.items()
    ]
    return f"""## Start, memory and size

From the start of the process, its database there, to the first row that a caller gets:

{table(("", "Milliseconds"), starts)}
Memory in megabytes, resident and of that anonymous; *under load* is the highest of the whole measurement:

{table(("", "Idle", "Under load", "After it"), memory)}
On disk, our program and the original's packages, which need Node.js besides:

{table(("", "Megabytes", "Files"), sizes)}"""


def _resident_and_anonymous(found: dict[str, int], when: str) -> str:
    return " / ".join(number(found.get(f"{when} {kind}", 0) / MEGABYTE) for kind in ("resident", "anonymous"))
