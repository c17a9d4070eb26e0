"""How busy the machine is, and how much of that is not our doing."""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.machine.processes import TICKS

# More of one core than this at somebody else's work, and a figure says so.
MOST_FOREIGN = 0.10


@dataclass(frozen=True)
class Moment:
    """The machine's clocks at one moment, in seconds of one core."""

    # Work of processes; interrupts are left out, since a load of ours causes them and no process is charged.
    work: float
    # What the host has kept from this machine.
    stolen: float
    # Nothing to do, disks that were waited for included.
    idle: float

    @staticmethod
    def now() -> "Moment":
        line = Path("/proc/stat").read_text().splitlines()[0].split()
        user, nice, system, idle, wait, _irq, _softirq, stolen = (int(field) / TICKS for field in line[1:9])
        return Moment(user + nice + system, stolen, idle + wait)


@dataclass(frozen=True)
class Foreign:
    """Cores that were not ours during a run."""

    # Other processes.
    others: float
    # Other machines on the same host.
    stolen: float

    @staticmethod
    def between(before: Moment, after: Moment, seconds: float, known: float) -> "Foreign":
        """`known` is the processor time of all that belongs to the run."""
        # The clocks tick in hundredths of a second; what falls below zero is their coarseness.
        others = max(0.0, after.work - before.work - known) / seconds
        return Foreign(round(others, 3), round((after.stolen - before.stolen) / seconds, 3))

    @property
    def busy(self) -> bool:
        return self.others + self.stolen > MOST_FOREIGN


def load_average() -> float:
    """Of the last minute."""
    return round(os.getloadavg()[0], 2)
