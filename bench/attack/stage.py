"""What a stage has found, the bar that it is held against, and the document."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from string import Template

from bench.machine import machine
from bench.report.figures import table

# The bar: of the quiet rate, in milliseconds, in MB.
RATE, PROBE, MEMORY = 0.9, 100.0, 200.0
_HEAD = (
    "Hostile clients", "Rate alone", "of it, clients elsewhere", "of that, clients here", "Refused",
    "Probe alone, worst", "clients here, p99", "worst", "Memory",
)  # fmt: skip


@dataclass(frozen=True)
class Stretch:
    """One run of the steady load, with its probes in milliseconds, and what the hostile clients counted."""

    rate: float
    refused: int
    worst: float
    p99: float
    counts: dict[str, int]


@dataclass
class Stage:
    """All stretches of one kind of client: without any, with those of the bystander, and with those of the service."""

    kind: str
    alone: list[Stretch] = field(default_factory=list)
    elsewhere: list[Stretch] = field(default_factory=list)
    hostile: list[Stretch] = field(default_factory=list)
    # The most memory, in MB.
    resident: float = 0.0

    def _figures(self) -> list[tuple[str, bool]]:
        """Cells of the table, and whether each meets the bar. Ratios are of one round: a machine changes."""
        moved = median(there.rate / alone.rate for alone, there in zip(self.alone, self.elsewhere, strict=True))
        left = median(here.rate / there.rate for there, here in zip(self.elsewhere, self.hostile, strict=True))
        worst, refused = max(here.worst for here in self.hostile), sum(here.refused for here in self.hostile)
        return [
            (f"{mean(alone.rate for alone in self.alone):,.0f}/s", True),
            (f"{moved:.2f}", True),
            (f"{left:.2f}", left >= RATE),
            (f"{refused}", refused == 0),
            (f"{max(alone.worst for alone in self.alone):.1f} ms", True),
            (f"{max(here.p99 for here in self.hostile):.1f} ms", True),
            (f"{worst:.1f} ms", worst <= PROBE),
            (f"{self.resident:.0f} MB", self.resident <= MEMORY),
        ]

    def line(self) -> list[str]:
        """Of the table; what misses the bar is bold."""
        return [self.kind, *(text if met else f"**{text}**" for text, met in self._figures())]

    def counts(self) -> Counter[str]:
        return sum((Counter(stretch.counts) for stretch in self.hostile), Counter[str]())

    def holds(self, *, trial: bool) -> bool:
        """Whether the bar is met, of a trial those lines in which no time is measured; and the clients were there."""
        met = [met for _, met in self._figures()]
        return (met[3] and met[7] if trial else all(met)) and self.counts().total() > 0


def shown(stages: Iterable[Stage]) -> str:
    """The table."""
    return table(_HEAD, (stage.line() for stage in stages))


def write(stages: Sequence[Stage], document: Path, seconds: int) -> None:
    """The document."""
    about, counted = machine(), {}
    for stage in stages:
        # A status is a number too: `401: 384`.
        told = "; ".join(f"{name}: {count:,}" for name, count in sorted(stage.counts().items()))
        counted[stage.kind.replace("-", "_")] = told
    counted |= {"rounds": f"{len(stages[0].alone)}", "seconds": f"{seconds}", "table": shown(stages)}
    counted |= {"rate": f"{RATE}", "probe": f"{PROBE:.0f}", "memory": f"{MEMORY:.0f}"}
    counted["measured"] = datetime.date.today().isoformat()
    counted["machine"] = f"{about['processor']}, {about['cores']} cores, {about['memory']}"
    document.write_text(Template(Path(__file__).with_name("hostile.md.in").read_text()).substitute(counted))
