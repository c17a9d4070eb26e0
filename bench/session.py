"""What every measurement shares: the cluster, numbers that were used up, and runs with all that is read beside them."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.children import PLACE, Failure, say
from bench.cluster import SETTINGS, Cluster
from bench.machine import clocks, machine
from bench.reference import Reference
from bench.service import CONNECTIONS, Service
from bench.work import Work

Target = Service | Reference
# More of one core than this at somebody else's work, and a figure says so.
_MOST_FOREIGN = 0.10


@dataclass(frozen=True)
class Run:
    """One run of the clients against one side."""

    work: str  # of `bench/scale` the part, the kind and the size: connections/create/32
    side: str
    round: int
    requests: int
    taken: float  # from the start of the client to its end, for the processor time; rates are by its own clock
    rate: float  # requests a second; with `few`, those in flight at the end are counted as answered
    few: bool
    p50: float | None  # milliseconds
    p99: float | None
    cpu: dict[str, float]  # processor seconds during the run: service, database, client
    idle: float  # cores
    busy: bool


@dataclass
class Results:
    """The raw results: everything that was measured, told or chosen, and all that a document is made from."""

    mode: str
    complete: bool = True
    started: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    machine: dict[str, str] = field(default_factory=machine)
    runs: list[Run] = field(default_factory=list)
    # What went wrong, by work and side or by part: there are no figures of these.
    failures: dict[str, str] = field(default_factory=dict)
    # By side: what differs from the defaults; seconds of each start; memory in bytes, idle, at the most and after it.
    settings: dict[str, dict[str, str]] = field(default_factory=lambda: {"PostgreSQL": SETTINGS})
    starts: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, dict[str, int]] = field(default_factory=dict)

    def write(self, document: Path) -> None:
        """Writes them to where `read` finds them: outside the tree."""
        file = PLACE / "results" / f"{document.stem}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @staticmethod
    def read(document: Path) -> "Results":
        """Those that a document is made from."""
        file = PLACE / "results" / f"{document.stem}.json"
        if not file.exists():
            raise Failure(f"{file} does not exist: measure first")
        values = json.loads(file.read_text())
        return Results(**values | {"runs": [Run(**run) for run in values["runs"]]})


@dataclass(frozen=True)
class Load:
    """One client of one target."""

    target: Target
    work: Work
    connections: int = CONNECTIONS


class Session:
    """One measurement under way."""

    def __init__(self, cluster: Cluster, results: Results) -> None:
        self.cluster = cluster
        self.results = results
        self._used: Counter[tuple[str, str]] = Counter()

    def numbers(self, target: Target, work: Work) -> int:
        """The first of a stretch of numbers that no request of this work in this database has had."""
        key = (target.database, work.reference)  # the same names in whatever tenant
        self._used[key] += 1
        return (self._used[key] - 1) * work.numbers

    def warm_up(self, load: Load) -> None:
        """A run of a second whose figures nobody needs."""
        load.target.run(load.work, 1, self.numbers(load.target, load.work), load.connections)
        self._wait_until_quiet(load)

    def run(self, name: str, side: str, round_: int, seconds: int, load: Load) -> None:
        """One run, into the results."""
        target = load.target
        known: dict[str, Callable[[], float]] = {"service": target.cpu_seconds, "database": self.cluster.cpu_seconds}
        known["client"] = lambda: sum(os.times()[:4])  # ours, and that of all commands that have ended
        first, used = self.numbers(target, load.work), {who: clock() for who, clock in known.items()}
        before, began = clocks(), time.monotonic()
        sample = target.run(load.work, seconds, first, load.connections)
        spent, taken = [now - then for then, now in zip(before, clocks(), strict=True)], time.monotonic() - began
        cpu = {who: round(clock() - used[who], 3) for who, clock in known.items()}
        self._wait_until_quiet(load)
        # The clocks tick in hundredths of a second; what falls below zero is their coarseness.
        foreign = max(0.0, spent[0] - sum(cpu.values())) + spent[2]
        idle, busy = round(spent[1] / taken, 3), foreign / taken > _MOST_FOREIGN
        found = (sample.requests, round(taken, 3), sample.rate, sample.few, sample.p50, sample.p99)
        self.results.runs.append(Run(name, side, round_, *found, cpu, idle, busy))
        say(f"round {round_ + 1}  {name:<28}{side:<14}{sample.rate:>10,.1f}/s{' (busy machine)' if busy else ''}")

    def _wait_until_quiet(self, load: Load) -> None:
        """A service, and the database, may go on with what nobody waits for any more."""
        now = -1.0
        for _ in range(2_400):
            before, now = now, load.target.cpu_seconds() + self.cluster.cpu_seconds()
            if now - before < 0.02:
                return
            time.sleep(0.05)
        raise Failure("a process is still at work, long after the last request")
