"""Reads /proc: processor time and memory of a process and of those below it."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """Memory of one process, in bytes."""

    resident: int
    # Without what is mapped from files, which others may share and the system may drop.
    anonymous: int


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def cpu_seconds(pid: int) -> float:
    """Processor time of a process with all that it has ever started, ended children included."""
    parents: dict[int, list[str]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := _stat(int(entry))):
            parents[int(entry)] = fields
    # utime, stime, cutime, cstime; the last two count children that have ended.
    family, ticks = [pid], 0
    for member in family:
        if member in parents:
            ticks += sum(int(field) for field in parents[member][11:15])
        family.extend(child for child, fields in parents.items() if int(fields[1]) == member)
    return ticks / TICKS


def memory(pid: int) -> Memory:
    """What a process holds at this moment."""
    values = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        values[name] = rest
    kilobytes = {name: int(values[name].split()[0]) for name in ("VmRSS", "RssAnon")}
    return Memory(kilobytes["VmRSS"] * 1024, kilobytes["RssAnon"] * 1024)


def own_cpu_seconds() -> float:
    """Processor time of this program and of all commands that it has run to their end."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
