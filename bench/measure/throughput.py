"""One run against one target, with everything that is read beside the client's own report."""

import time
from collections import Counter

from bench.children import wait_until_quiet
from bench.cluster import Cluster
from bench.machine.load import Foreign, Moment, load_average
from bench.machine.processes import own_cpu_seconds
from bench.measure.memory import MemoryLog
from bench.results import Run
from bench.targets.base import Target
from bench.targets.sample import Sample
from bench.work import Side, Work


class Bench:
    """Runs work, and remembers which numbers were used up."""

    def __init__(self, cluster: Cluster, memory: dict[Side, MemoryLog]) -> None:
        self._cluster = cluster
        self._memory = memory
        self._used: Counter[tuple[str, str]] = Counter()

    def numbers(self, target: Target, work: Work) -> int:
        """The first of a stretch of numbers that no request of this work in this database has had."""
        key = (target.database, work.name)
        self._used[key] += 1
        return (self._used[key] - 1) * work.numbers

    def warm_up(self, target: Target, work: Work, seconds: int) -> None:
        """A run whose figures nobody needs."""
        target.run(work, seconds, self.numbers(target, work))
        self._settle(target)

    def run(self, target: Target, work: Work, seconds: int, round_: int) -> tuple[Run, str]:
        """One run, and its command as it is documented."""
        first = self.numbers(target, work)
        service, database, known = target.cpu_seconds(), self._database(), own_cpu_seconds()
        before, began = Moment.now(), time.monotonic()
        with self._memory[target.side].watching(target):
            sample = target.run(work, seconds, first)
        after, taken = Moment.now(), time.monotonic() - began
        service, database = target.cpu_seconds() - service, self._database() - database
        foreign = Foreign.between(before, after, taken, own_cpu_seconds() - known + service + database)
        self._settle(target)
        return _run(sample, foreign, target.side, work, round_, service, database), sample.command

    def _database(self) -> float:
        return self._cluster.cpu_seconds()

    def _settle(self, target: Target) -> None:
        """A service, and the database, may go on with what nobody waits for any more."""
        wait_until_quiet(lambda: target.cpu_seconds() + self._database())


def _run(sample: Sample, foreign: Foreign, side: Side, work: Work, round_: int, service: float, database: float) -> Run:
    return Run(
        work=work.name,
        side=side,
        round=round_,
        requests=sample.requests,
        seconds=round(sample.seconds, 3),
        rate=round(sample.rate, 3),
        few=sample.few,
        mean=round(sample.mean, 3),
        p50=sample.p50,
        p99=sample.p99,
        service=round(service, 3),
        database=round(database, 3),
        client=round(sample.client, 3),
        others=foreign.others,
        stolen=foreign.stolen,
        busy=foreign.busy,
        load=load_average(),
    )
