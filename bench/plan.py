"""How long a measurement takes: rounds, sizes and seconds that fit its time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from bench.population import SIZED
from bench.targets.wrk import CONNECTIONS
from bench.work import WORKS, Side, Work, sides_of

# What a run costs besides its seconds: processes that start, connections, quiet before and after.
_OVERHEAD = 0.35
WARM_UP = 1
_LONGEST = 10
# A run should see each connection answered so many times.
_ANSWERS = 3
_LONGEST_SLOW = 15


@dataclass(frozen=True)
class Mode:
    """One of the two lengths."""

    name: str
    minutes: int
    rounds: int
    # Rounds that slow work takes part in.
    slow_rounds: int
    # Rounds in which every service is warmed up before each run.
    warm_rounds: int
    # Seconds for all that is not a round: starts, single requests, statements.
    besides: int
    most_members: int
    most_members_of_original: int
    # Sizes of the tenants that are read with some of their users.
    including: tuple[int, ...]
    starts: int

    def seconds(self) -> float:
        return self.minutes * 60 - self.besides


QUICK = Mode(
    "quick", 4, rounds=2, slow_rounds=1, warm_rounds=1, besides=20, most_members=10_000,
    most_members_of_original=1_000, including=(1_000,), starts=2,
)  # fmt: skip
FULL = Mode(
    "full", 40, rounds=5, slow_rounds=2, warm_rounds=5, besides=180, most_members=1_000_000,
    most_members_of_original=10_000, including=tuple(SIZED), starts=5,
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One run of one round."""

    work: Work
    side: Side


def works(mode: Mode, only: Sequence[str]) -> list[Work]:
    """The works of a mode, or those of it that match one of the patterns."""
    return [
        work
        for work in WORKS
        if (work.members or 0) <= mode.most_members
        and (not work.included or work.members in mode.including)
        and (not only or any(fnmatch(work.name, pattern) for pattern in only))
    ]


def steps(chosen: Sequence[Work], mode: Mode, round_: int) -> list[Step]:
    """All runs of a round: the targets of a work one after the other, another one first each time."""
    result = []
    for place, work in enumerate(chosen):
        sides = sides_of(work, mode.most_members_of_original)
        first = (round_ + place) % len(sides)
        result += [Step(work, side) for side in sides[first:] + sides[:first]]
    return result


def is_slow(latency: float) -> bool:
    """Whether 32 connections at once are answered too seldom for a run of a second or two."""
    return latency * CONNECTIONS > 0.8


def seconds_of(planned: int, latency: float) -> int:
    """The length of a run, for work whose single request takes so long."""
    if not is_slow(latency):
        return planned
    return max(planned, min(_LONGEST_SLOW, math.ceil(_ANSWERS * latency * CONNECTIONS)))


def planned_seconds(time_left: float, mode: Mode, round_: int, chosen: Sequence[Step]) -> int:
    """Whole seconds for each run of this round and the following ones, so that what is left of the time suffices; wrk
    knows no fractions."""
    rounds_left = mode.rounds - round_
    warm_ups = sum(_warm_up_seconds(mode, number, chosen) for number in range(round_, mode.rounds))
    left = (time_left - warm_ups) / (rounds_left * len(chosen)) - _OVERHEAD
    return max(1, min(_LONGEST, math.floor(left)))


def shortest_seconds(mode: Mode, round_: int, chosen: Sequence[Step]) -> float:
    """What a round takes at least."""
    return len(chosen) * (1 + _OVERHEAD) + _warm_up_seconds(mode, round_, chosen)


def is_warmed_up(step: Step) -> bool:
    """pgbench is started anew for each run, and keeps nothing that could be warm."""
    return step.side is not Side.REFERENCE


def _warm_up_seconds(mode: Mode, round_: int, chosen: Sequence[Step]) -> float:
    if round_ >= mode.warm_rounds:
        return 0
    return sum(WARM_UP + _OVERHEAD for step in chosen if is_warmed_up(step))
