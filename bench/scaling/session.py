"""What all parts of a measurement share: the cluster, its services, runs and what they found."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.caller import Keys
from bench.children import client_seconds, wait_until_quiet
from bench.cluster import Cluster
from bench.machine.load import Foreign, Moment, load_average
from bench.machine.processes import own_cpu_seconds
from bench.measure import answers
from bench.progress import Progress
from bench.scaling import plan
from bench.scaling.plan import Mode
from bench.scaling.points import Point
from bench.scaling.results import Results, Run
from bench.targets import service
from bench.targets.sample import Sample
from bench.targets.service import POOL, Service
from bench.work import WORKS, Side

_FIRST_WORK = WORKS[0]


@dataclass(frozen=True)
class Load:
    """One client of one process."""

    service: Service
    connections: int


class Session:
    """One measurement under way."""

    def __init__(
        self, mode: Mode, cluster: Cluster, keys: Keys, place: Path, progress: Progress, results: Results
    ) -> None:
        self.mode = mode
        self.cluster = cluster
        self.keys = keys
        self.place = place
        self.progress = progress
        self.results = results
        self.seconds = mode.seconds_of_a_run(progress.left)
        self._done = 0
        self._services = 0
        self._used: Counter[str] = Counter()

    @contextmanager
    def serving(self, database: str, url: str | None = None, pool: int = POOL, level: str = "off") -> Iterator[Service]:
        """A process of the service that has answered; ended afterwards."""
        self._services += 1
        log = self.place / f"service-{self._services}.log"
        url = url or self.cluster.url_of(database)
        one = service.ours(Side.OURS, database, url, self.keys, log, pool)
        one.environment["LOG_LEVEL"] = level
        try:
            one.start(_FIRST_WORK)
            yield one
        finally:
            one.stop()

    def numbers(self, database: str, work_numbers: int = 1_000_000) -> int:
        """The first of a stretch of numbers that no request in this database has had."""
        self._used[database] += 1
        return (self._used[database] - 1) * work_numbers

    def check(self, point: Point, one: Service) -> None:
        """The answer must be the one that was meant."""
        answers.checked(one, point.work, self.numbers(one.database))

    def warm_up(self, point: Point, *loads: Load) -> None:
        """A run whose figures nobody needs."""
        self._clients(point, loads, plan.WARM_UP)

    def run(
        self, part: str, point: Point, at: int, round_: int, *loads: Load, variant: str = "",
        pooler: Callable[[], float] = lambda: 0.0,
    ) -> Run:  # fmt: skip
        """One run, into the results."""
        processes = list(dict.fromkeys(load.service for load in loads))
        clocks: Mapping[str, Callable[[], float]] = {
            "service": lambda: sum(one.cpu_seconds() for one in processes),
            "database": self.cluster.cpu_seconds,
            "pooler": pooler,
        }
        known, client = own_cpu_seconds(), client_seconds()
        used = {name: clock() for name, clock in clocks.items()}
        before, began = Moment.now(), time.monotonic()
        samples = self._clients(point, loads, self.seconds)
        after, taken = Moment.now(), time.monotonic() - began
        used = {name: round(clock() - used[name], 3) for name, clock in clocks.items()}
        client = client_seconds() - client
        foreign = Foreign.between(before, after, taken, own_cpu_seconds() - known + sum(used.values()))
        wait_until_quiet(lambda: sum(clock() for clock in clocks.values()))
        found = Run(
            part=part,
            kind=point.kind,
            at=at,
            variant=variant,
            round=round_,
            connections=sum(load.connections for load in loads),
            requests=sum(sample.requests for sample in samples),
            taken=round(taken, 3),
            rate=round(sum(sample.rate for sample in samples), 3),
            few=any(sample.few for sample in samples),
            mean=round(sum(sample.mean for sample in samples) / len(samples), 3),
            p50=round(sum(sample.p50 or 0.0 for sample in samples) / len(samples), 3),
            p99=max(sample.p99 or 0.0 for sample in samples),
            cpu={**used, "client": round(client, 3)},
            idle=round((after.idle - before.idle) / taken, 3),
            others=foreign.others,
            stolen=foreign.stolen,
            busy=foreign.busy,
            load=load_average(),
        )
        self.results.runs.append(found)
        self.results.commands.setdefault(part, {}).setdefault(point.kind, samples[0].command)
        self._say(found)
        return found

    def _clients(self, point: Point, loads: Sequence[Load], seconds: int) -> list[Sample]:
        with ThreadPoolExecutor(len(loads)) as clients:
            begun = [
                clients.submit(
                    load.service.run, point.work, seconds, self.numbers(load.service.database), load.connections
                )
                for load in loads
            ]
            return [one.result() for one in begun]

    def _say(self, run: Run) -> None:
        self._done += 1
        busy = " (busy machine)" if run.busy else ""
        text = f"{run.part:<12}{run.kind:<8}{run.at:>9,} {run.variant:<10}{run.rate:>9,.0f}/s{busy}"
        left = (self.mode.runs - self._done) * (self.seconds + 1.0)
        self.progress.run(text, self._done, self.mode.runs, left)
