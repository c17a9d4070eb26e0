"""A whole measurement, from empty databases to raw results."""

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench import cluster, databases, plan
from bench.caller import Keys
from bench.children import Failure
from bench.machine.description import machine, versions
from bench.machine.load import Foreign, Moment, load_average
from bench.measure import answers, size, startup, statements
from bench.measure.memory import MemoryLog
from bench.measure.throughput import Bench
from bench.plan import Mode
from bench.population import GROUPS, SIZED, SMALL, TENANTS, WRITTEN
from bench.progress import Progress
from bench.results import Description, Results, Statements
from bench.targets import service
from bench.targets.base import Target
from bench.targets.reference import Reference
from bench.targets.service import Service
from bench.work import Side, Work, sides_of

# Single requests whose statements are counted; so few that a remembered caller is not asked for again meanwhile.
_COUNTED = 20
_COUNTED_SLOW = 3


class Campaign:
    """One measurement under way."""

    def __init__(self, mode: Mode, works: Sequence[Work], running: cluster.Cluster, results: Results) -> None:
        self._mode = mode
        self._works = works
        self._cluster = running
        self._results = results
        self._progress = Progress(mode.minutes * 60)
        self._memory = {side: MemoryLog() for side in Side}
        self._bench = Bench(running, self._memory)
        self._reference = Reference(running)
        self._targets: dict[Side, Target] = {}
        # Seconds of a single request, by work and side.
        self._latency: dict[tuple[str, Side], float] = {}

    def measure(self, services: Sequence[Service]) -> None:
        """Everything, into the results."""
        results = self._results
        for one in services:
            results.starts[one.side] = startup.starts(one, self._mode.starts)
            self._progress.say(f"{one.side}: first answer after {min(results.starts[one.side]) * 1000:.0f} ms")
        self._targets = {one.side: one for one in services} | {Side.REFERENCE: self._reference}
        time.sleep(1)
        self._note_memory("idle")
        for work in self._works:
            self._compare(work, [one for one in services if one.side in self._sides(work)])
        self._rounds()
        time.sleep(1)
        self._note_memory("after")
        with statements.counting(self._cluster):
            for work in self._works:
                for side in self._sides(work):
                    if side is not Side.SQLITE:
                        self._count(work, side)
        results.memory = {side: log.values for side, log in self._memory.items() if log.values}
        results.sizes = size.sizes()
        self._progress.say("measured")

    def _sides(self, work: Work) -> list[Side]:
        """Who does a work, and has not failed at it."""
        failed = self._results.failures.get(work.name, {})
        return [side for side in sides_of(work, self._mode.most_members_of_original) if side not in failed]

    def _failed(self, work: Work, side: Side, failure: Failure) -> None:
        """One target that fails at one work does not cost the other figures; the document begins with it."""
        self._progress.say(f"FAILED: {failure}")
        self._results.failures.setdefault(work.name, {})[side] = str(failure)
        self._results.runs = [run for run in self._results.runs if (run.work, run.side) != (work.name, side)]

    def _note_memory(self, when: str) -> None:
        for side, target in self._targets.items():
            self._memory[side].note(target, when)

    def _compare(self, work: Work, services: Sequence[Service]) -> None:
        given = {}
        for one in services:
            first = self._bench.numbers(one, work)
            try:
                given[one.side] = answers.checked(one, work, first)
                self._latency[work.name, one.side] = answers.single_latency(one, work, range(first + 1, first + 3))
            except Failure as failure:
                self._failed(work, one.side, failure)
        if found := answers.differences(work, given):
            self._results.differences[work.name] = found
        if Side.OURS in given and not work.writes:
            try:
                answers.check_reference(self._reference, work, given[Side.OURS])
            except Failure as failure:
                self._failed(work, Side.REFERENCE, failure)
        # pgbench is as slow as the statement is.
        self._latency[work.name, Side.REFERENCE] = self._latency.get((work.name, Side.OURS), 0.0)

    def _rounds(self) -> None:
        mode, progress = self._mode, self._progress
        end = mode.seconds()
        for round_ in range(mode.rounds):
            began = progress.passed
            steps = [step for step in plan.steps(self._works, mode, round_) if self._takes_part(step, round_)]
            if round_ and end - began < plan.shortest_seconds(mode, round_, steps):
                progress.say("no time is left for another round")
                break
            planned = plan.planned_seconds(end - began, mode, round_, steps)
            for done, step in enumerate(steps, 1):
                rate = self._step(step, round_, planned)
                each = (progress.passed - began) / done
                rest = each * (len(steps) * (mode.rounds - round_) - done) + mode.besides / 2
                text = f"round {round_ + 1}/{mode.rounds}  {step.work.name:<24}{step.side:<10}{rate}"
                progress.run(text, done, len(steps), rest)

    def _takes_part(self, step: plan.Step, round_: int) -> bool:
        if step.side not in self._sides(step.work):
            return False
        return round_ < self._mode.slow_rounds or not plan.is_slow(self._latency[step.work.name, step.side])

    def _step(self, step: plan.Step, round_: int, planned: int) -> str:
        """One run, into the results; its figure for the line of progress."""
        target, latency = self._targets[step.side], self._latency[step.work.name, step.side]
        try:
            if round_ < self._mode.warm_rounds and plan.is_warmed_up(step) and not plan.is_slow(latency):
                self._bench.warm_up(target, step.work, plan.WARM_UP)
            run, command = self._bench.run(target, step.work, plan.seconds_of(planned, latency), round_)
        except Failure as failure:
            self._failed(step.work, step.side, failure)
            return "failed"
        self._results.runs.append(run)
        self._results.commands.setdefault(step.work.name, {})[step.side] = command
        return f"{run.rate:>10,.{0 if run.rate >= 100 else 1}f}/s{' (busy machine)' if run.busy else ''}"

    def _count(self, work: Work, side: Side) -> None:
        """Counts the statements of some requests, one after the other."""
        target = self._targets[side]
        times = _COUNTED_SLOW if plan.is_slow(self._latency[work.name, side]) else _COUNTED
        first = self._bench.numbers(target, work)

        def act() -> None:
            if isinstance(target, Reference):
                target.run_times(work, times, first + 1)
            elif isinstance(target, Service):
                for number in range(times):
                    answers.checked(target, work, first + 1 + number)

        if isinstance(target, Service):
            # The caller is known now.
            target.send(work, first)
        sent = statements.sent(self._cluster, target.database, act)
        self._results.statements.append(Statements(work.name, side, times, sent))


def run(mode: Mode, only: Sequence[str]) -> Results:
    """Measures; the processes that it needs have ended when it returns."""
    works = plan.works(mode, only)
    tenants = [*(tenant for size, tenant in SIZED.items() if size <= SMALL), WRITTEN]
    growth = [tenant for size, tenant in SIZED.items() if SMALL < size <= mode.most_members]
    before = Moment.now()
    time.sleep(1)
    foreign = Foreign.between(before, Moment.now(), 1.0, 0.0)
    progress = Progress(0)
    with ExitStack() as stack:
        running = stack.enter_context(cluster.running())
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        keys = Keys.new()
        file = place / "bench.db"
        progress.say("loading the original's database")
        databases.make(running, databases.THEIRS, keys, tenants)
        progress.say("loading ours")
        databases.make(running, databases.OURS, keys, [*tenants, *growth])
        progress.say("loading ours on SQLite")
        databases.copy_to_sqlite(running, file, tenants)
        services = [
            service.original(databases.THEIRS, running.url_of(databases.THEIRS), keys, place / "original.log"),
            service.ours(Side.OURS, databases.OURS, running.url_of(databases.OURS), keys, place / "ours.log"),
            service.ours(Side.SQLITE, "sqlite", f"sqlite:{file}", keys, place / "sqlite.log"),
        ]
        for one in services:
            stack.callback(one.stop)
        results = _new_results(mode, works, only, running, services, foreign)
        Campaign(mode, works, running, results).measure(services)
        return results


def _new_results(
    mode: Mode,
    works: Sequence[Work],
    only: Sequence[str],
    running: cluster.Cluster,
    services: Sequence[Service],
    foreign: Foreign,
) -> Results:
    hidden = ("PORT", "DATABASE_URL", "HOST")
    settings = {
        str(one.side): {name: value for name, value in one.environment.items() if name not in hidden}
        for one in services
    }
    return Results(
        mode=mode.name,
        started=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        complete=not only,
        machine=machine(running.directory),
        versions=versions(),
        settings={"postgres": cluster.settings(), **settings},
        data={
            "tenants": f"{TENANTS:,}",
            "members of the measured tenants": ", ".join(f"{size:,}" for size in SIZED if size <= mode.most_members),
            "members of the tenant that is written to": f"{WRITTEN.members:,}",
            "groups": f"{GROUPS:,}",
        },
        before={"load": load_average(), "others": foreign.others, "stolen": foreign.stolen},
        works=[
            Description(work.name, work.title, work.family, work.writes, work.members, work.page, work.included)
            for work in works
        ],
    )
