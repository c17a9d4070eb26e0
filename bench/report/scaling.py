"""docs/scaling.md: growth with the data, costs, and what saturates first."""

from pathlib import Path

from bench.report import figures
from bench.report.figures import Figure, Figures, Value, cost, middle, number, spread, table
from bench.service import POOL
from bench.session import Results

# By kind, in the order of the document, with what its size is of.
_KINDS = {
    "tenant": ("read a tenant", "tenants"),
    "tenants": ("list 20 tenants with a filter", "tenants"),
    "first": ("first page of 20 users", "members"),
    "cursor": ("next page of 20 users, by cursor", "members"),
    "create": ("create a user", "members"),
}
# Clients while the pool is followed: more than most pools have.
POOL_CLIENTS = 64
# The knee is the least that reaches this share of the highest throughput.
_KNEE = 0.95
_LATENCIES: tuple[Value, Value] = (lambda run: run.p50 or 0, lambda run: run.p99 or 0)


def write(results: Results, document: Path) -> None:
    """The document."""
    found = _Scale(results)
    head = ("Work", "Requests/s", "50 %, ms", "99 %, ms", "Service, ms", "PostgreSQL, ms", "A million requests, s")
    pools = [kind for kind in _KINDS if found.sizes("pool", kind)]
    figures.write(
        results, document, "scaling.md.in", pool_size=str(POOL), pool_clients=str(POOL_CLIENTS),
        curves=table(head, (found.curve(kind, at) for kind in _KINDS for at in found.sizes("curves", kind))),
        connections=found.sweep("connections", "connections"), pool=found.sweep("pool", "connections in the pool"),
        knees="; ".join(f"{_KINDS[kind][0]}: the knee is at {found.knee('pool', kind):,}" for kind in pools),
    )  # fmt: skip


class _Scale:
    """What was measured, by part, kind and size."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._figures = Figures(results)

    def at(self, part: str, kind: str, at: int, value: Value = lambda run: run.rate) -> Figure | None:
        return self._figures.over(f"{part}/{kind}/{at}", "ours", value)

    def sizes(self, part: str, kind: str) -> list[int]:
        found = (run.work.split("/") for run in self._results.runs)
        return sorted({int(size) for *names, size in found if names == [part, kind]})

    def knee(self, part: str, kind: str) -> int:
        rates = {at: rate.middle for at in self.sizes(part, kind) if (rate := self.at(part, kind, at))}
        return min(at for at, rate in rates.items() if rate >= _KNEE * max(rates.values()))

    def curve(self, kind: str, at: int) -> list[str]:
        """A line of the table of growth."""
        costs = [figure for who in ("service", "database") if (figure := self.at("curves", kind, at, cost(who)))]
        times = [self.at("curves", kind, at, value) for value in _LATENCIES]
        cells = [spread(self.at("curves", kind, at)), *map(middle, times)]
        cells += [f"{figure.middle / 1000:.3f}{figure.marks}" for figure in costs]
        return [f"{_KINDS[kind][0]}, {at:,} {_KINDS[kind][1]}", *cells, number(sum(figure.middle for figure in costs))]

    def sweep(self, part: str, what: str) -> str:
        """A table of each kind, and its knee in words."""
        values: tuple[Value, ...] = (
            *_LATENCIES, lambda run: run.cpu["service"] / run.taken, lambda run: run.cpu["database"] / run.taken,
            lambda run: run.cpu["client"] / run.taken, lambda run: run.idle,
        )  # fmt: skip
        cores = (f"{who}, cores" for who in ("Service", "PostgreSQL", "Clients", "Idle"))
        head = (what.capitalize(), "Requests/s", "50 %, ms", "99 %, ms", *cores)
        texts = []
        for kind in (kind for kind in _KINDS if self.sizes(part, kind)):
            lines, knee = {}, self.knee(part, kind)
            for at in self.sizes(part, kind):
                found = [self.at(part, kind, at, value) for value in values]
                lines[at] = [f"{at:,}", spread(self.at(part, kind, at)), *map(middle, found)]
            rate, idle = middle(self.at(part, kind, knee)), lines[knee][-1]
            said = f"The knee is at {knee:,} {what}, with {rate} requests a second and {idle} idle cores."
            texts.append(f"**{_KINDS[kind][0].capitalize()}.** {said}\n\n{table(head, lines.values(), 0)}")
        return "\n\n".join(texts)
