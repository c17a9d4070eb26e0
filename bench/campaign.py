"""A whole comparison, from empty databases to raw results."""

import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import cluster, machine, service
from bench.children import ORIGINAL, PROGRAM, Failure, say
from bench.population import SIZED, SMALL, WRITTEN
from bench.reference import Reference
from bench.service import CONNECTIONS, Answer, Keys, Service
from bench.session import Load, Results, Session, Target
from bench.work import WORKS, Side, Work

# Seconds that a run costs besides its own, and that warming up costs; and of the longest runs.
_OVERHEAD, _WARM_UP, _LONGEST, _LONGEST_SLOW = 0.35, 1.35, 10, 15


class Campaign:
    """One comparison under way."""

    def __init__(
        self, full: bool, rounds: int | None, works: Sequence[Work], session: Session, targets: dict[Side, Target]
    ) -> None:
        # Slow work takes part in some rounds; in the first, or in all, every service is warmed up before each run.
        self._rounds, self._slow_rounds, self._warm_rounds = (5, 2, 5) if full else (2, 1, 1)
        if rounds:
            self._rounds, self._warm_rounds = rounds, rounds
        self._most_of_original = 10_000 if full else 1_000
        self._works = works
        self._session = session
        self._results = session.results
        self._targets = targets
        # Seconds of a single request, by work and side.
        self._latency: dict[tuple[str, Side], float] = {}

    def measure(self, seconds: float) -> None:
        """Everything, into the results."""
        end, results = time.monotonic() + seconds, self._results
        services = [one for one in self._targets.values() if isinstance(one, Service)]
        for one in services:
            # To the first answer with rows, which needs the database and a verified token.
            results.starts[one.side] = [round(one.start(WORKS["tenant"]), 4) for _ in range(5)]
        time.sleep(1)
        results.memory = {one.side: {"idle": machine.resident(one.pid)} for one in services}
        for work in self._works:
            self._compare(work)
        for round_ in range(self._rounds):
            self._round(round_, end - time.monotonic())
        time.sleep(1)
        for one in services:
            now, peak = machine.resident(one.pid), machine.resident(one.pid, peak=True)
            results.memory[one.side] |= {"load": peak, "after": now}

    def _sides(self, work: Work) -> list[Side]:
        """Who does a work: not every database has the largest tenants, and the original takes too long before that; nor
        does it have cursors. And who has failed at it is left out."""
        members, missing = work.members or 0, set[Side]()
        if work.linked or members > self._most_of_original:
            missing.add(Side.ORIGINAL)
        if members > SMALL:
            missing |= {Side.SQLITE, Side.BEFORE_SQLITE}
        missing |= {side for side in Side if f"{work.name}, {side}" in self._results.failures}
        return [side for side in Side if side in self._targets and side not in missing]

    def _failed(self, work: Work, side: Side, failure: Failure) -> None:
        """One side that fails at one work does not cost the other figures; the document begins with it."""
        say(f"FAILED: {failure}")
        self._results.failures[f"{work.name}, {side}"] = str(failure)
        self._results.runs = [run for run in self._results.runs if (run.work, run.side) != (work.name, side)]

    def _compare(self, work: Work) -> None:
        """Before anything is timed, each side must give the answer that is meant, with the rows of ours in order."""
        ours: Answer | None = None
        for side in sorted(self._sides(work), key=lambda side: side is not Side.OURS):
            one, times = self._targets[side], []
            try:
                if isinstance(one, Service):
                    first = self._session.numbers(one, work)
                    for number in range(first, first + 3):
                        began = time.perf_counter()
                        answer = one.checked(work, number)
                        times.append(time.perf_counter() - began)
                    ours = ours or (answer if side is Side.OURS else None)
                if ours and work.body is None:
                    wanted, found = ours.ids(), answer.ids() if isinstance(one, Service) else one.ids(work)
                    if wanted != found:
                        raise Failure(f"{work.name}: {side} finds the rows {found}, and ours {wanted}")
            except Failure as failure:
                self._failed(work, side, failure)
            # pgbench is as slow as the statement is.
            self._latency[work.name, side] = min(times, default=self._latency.get((work.name, Side.OURS), 0.0))

    def _round(self, round_: int, left: float) -> None:
        """All sides do one work after the other, another one first each time; late rounds leave out what is slow."""
        steps = []
        for place, work in enumerate(self._works):
            sides = self._sides(work)
            first = (round_ + place) % max(1, len(sides))
            for side in sides[first:] + sides[:first]:
                # Each connection is answered three times.
                slow = min(_LONGEST_SLOW, 1 + int(3 * CONNECTIONS * self._latency[work.name, side]))
                if slow < 3 or round_ < self._slow_rounds:
                    steps.append((work, side, slow if slow > 2 else 0))
        fast, lost = sum(not slow for *_, slow in steps), sum(slow for *_, slow in steps)
        lost, warm_ups = max(1, self._slow_rounds - round_) * lost, max(0, self._warm_rounds - round_) * fast
        each = (left - lost - warm_ups * _WARM_UP) / max(1, (self._rounds - round_) * fast) - _OVERHEAD
        planned = min(_LONGEST, int(each))  # wrk knows no fractions
        if round_ and planned < 1:
            say("no time is left for another round")
            return
        for work, side, slow in steps:
            load = Load(self._targets[side], work)
            try:
                # pgbench is started anew for each run, and keeps nothing that could be warm.
                if warm_ups and not slow and side is not Side.REFERENCE:
                    self._session.warm_up(load)
                self._session.run(work.name, side, round_, max(1, planned, slow), load)
            except Failure as failure:
                self._failed(work, side, failure)


def run(
    minutes: int, full: bool, rounds: int | None, works: Sequence[Work], sides: set[Side], before: Path | None
) -> Results:
    """Measures; the processes that it needs have ended when it returns."""
    small = [*(tenant for size, tenant in SIZED.items() if size <= SMALL), WRITTEN]
    tenants = [*SIZED.values(), WRITTEN] if full else small
    builds = [(Side.OURS, Side.SQLITE, PROGRAM)] + ([(Side.BEFORE, Side.BEFORE_SQLITE, before)] if before else [])
    keys, services, results = Keys.new(), dict[Side, Service](), Results("full" if full else "quick")
    with ExitStack() as stack:
        running = stack.enter_context(cluster.running())
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if Side.ORIGINAL in sides:
            say("loading the original's database")
            cluster.make(running, Side.ORIGINAL, None, keys, small)
            url, log = running.url_of(Side.ORIGINAL), place / "original.log"
            services[Side.ORIGINAL] = service.original(Side.ORIGINAL, url, keys, log)
            results.machine["Node.js"] = machine.version("node", "--version")
            results.machine |= json.loads((ORIGINAL / "package.json").read_text())["dependencies"]
        for side, sqlite, program in builds:
            say(f"loading the databases of {side}")
            cluster.make(running, side, program, keys, tenants)
            services[side] = service.ours(side, program, running.url_of(side), keys, place / f"{side}.log")
            if Side.SQLITE in sides:
                file, log = place / f"{side}.db", place / f"{sqlite}.log"
                cluster.copy_to_sqlite(running, side, program, file, small)
                services[sqlite] = service.ours(sqlite, program, f"sqlite:{file}", keys, log)
        for one in services.values():
            stack.push(one)
            results.settings[one.side] = one.settings
        targets: dict[Side, Target] = {**services}
        if Side.REFERENCE in sides:
            targets[Side.REFERENCE] = Reference(running)
        Campaign(full, rounds, works, Session(running, results), targets).measure(minutes * 60)
        return results
