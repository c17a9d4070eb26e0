"""How much is measured, and how long a run may take so that all fits the time."""

import math
from dataclasses import dataclass

# What a run costs besides its seconds: wrk that starts, quiet before and after.
_OVERHEAD = 0.5
WARM_UP = 1
# Connections of a client, where they are not what is followed.
CLIENTS = 32
# Statements that PgBouncer keeps for each server connection, where it keeps any.
PREPARED = 300
# Server connections that PgBouncer may open, where several processes are to share few.
SHARED = 8
# So many kinds of work are followed over connections, over the pool, by replicas and through PgBouncer.
SWEPT, POOLED, REPLICATED, THROUGH = 3, 2, 3, 4


@dataclass(frozen=True)
class Mode:
    """One of the two lengths."""

    name: str
    minutes: int
    members: tuple[int, ...]
    tenants: tuple[int, ...]
    connections: tuple[int, ...]
    pools: tuple[int, ...]
    rounds: int
    # Of what is followed over connections and over the pool.
    sweep_rounds: int
    longest: int
    # Times that each question about replicas is asked.
    trials: int
    # Seconds for all that is no run: services that start, questions, settings of PgBouncer that are tried.
    besides: int

    @property
    def page(self) -> int:
        """Members of the tenant whose page stands for pages, where sizes are not followed."""
        return min(10_000, max(self.members))

    @property
    def runs(self) -> int:
        """All runs."""
        curves = (3 * len(self.members) + 2 * len(self.tenants)) * self.rounds
        sweeps = (SWEPT * len(self.connections) + POOLED * len(self.pools)) * self.sweep_rounds
        return curves + sweeps + (2 * REPLICATED + 3 * THROUGH) * self.rounds

    def seconds_of_a_run(self, left: float) -> int:
        """Whole seconds of each run, when so much of the time is left after loading; wrk knows no fractions."""
        warm_ups = 3 * len(self.members) + 2 * len(self.tenants) + SWEPT + 2 * REPLICATED
        warm_ups += POOLED * len(self.pools) * self.sweep_rounds + 3 * THROUGH * self.rounds
        each = (left - self.besides - warm_ups * (WARM_UP + _OVERHEAD)) / self.runs - _OVERHEAD
        return max(1, min(self.longest, math.floor(each)))


QUICK = Mode(
    "quick", 3, members=(100, 1_000), tenants=(100, 1_000), connections=(1, 8, 32), pools=(1, 4, 16), rounds=1,
    sweep_rounds=1, longest=1, trials=5, besides=60,
)  # fmt: skip
FULL = Mode(
    "full", 20, members=(100, 1_000, 10_000, 100_000, 1_000_000), tenants=(100, 1_000, 10_000, 100_000),
    connections=(1, 2, 4, 8, 16, 32, 64, 128, 256), pools=(1, 2, 4, 8, 16, 32, 64), rounds=3, sweep_rounds=2, longest=4,
    trials=50, besides=150,
)  # fmt: skip
