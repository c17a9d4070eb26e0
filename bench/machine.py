"""What the machine is, and what it is busy with, read from /proc."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from bench.children import POSTGRES_BIN, PROGRAM, ROOT

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Processor time of a process with all that it has ever started, ended children included."""
    known: dict[int, list[str]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with suppress(FileNotFoundError, ProcessLookupError):
            known[int(entry)] = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
    # utime, stime, cutime, cstime; the last two count children that have ended.
    family, ticks = [pid], 0
    for member in family:
        ticks += sum(int(field) for field in known[member][11:15]) if member in known else 0
        family.extend(child for child, fields in known.items() if int(fields[1]) == member)
    return ticks / _TICKS


def resident(pid: int, *, peak: bool = False) -> int:
    """Bytes that a process holds in memory, or the most that it has held."""
    return int(_after(f"/proc/{pid}/status", "VmHWM" if peak else "VmRSS").split()[0]) * 1024


def clocks() -> tuple[float, float, float]:
    """Seconds of one core that went into processes, into nothing or waiting for disks, and to others on the same host.
    Interrupts are left out: a load of ours causes them, and no process is charged."""
    line = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    user, nice, system, idle, wait, _irq, _softirq, stolen = (int(field) / _TICKS for field in line[1:9])
    return user + nice + system, idle + wait, stolen


def machine() -> dict[str, str]:
    """What it is, and the versions of what every measurement needs."""
    return {
        "processor": _after("/proc/cpuinfo", "model name"),
        "cores": str(os.cpu_count()),
        "memory": f"{int(_after('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.1f} GiB",
        "distribution": _after("/etc/os-release", "PRETTY_NAME", "=").strip('"'),
        "User Tenant Service": version(PROGRAM, "--version"),
        "commit of the tree": version("git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=10"),
        "PostgreSQL": version(POSTGRES_BIN / "postgres", "--version"),
        "wrk": version("wrk", "--version"),
    }


def version(*program: str | Path) -> str:
    """What a program says of itself: the first word with a digit."""
    try:
        # wrk prints its version and then fails for want of an address.
        run = subprocess.run(program, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "none"
    words = (run.stdout or run.stderr).partition("\n")[0].replace("(", " ").split()
    return next((word for word in words if any(map(str.isdigit, word))), "unknown")


def _after(file: str, name: str, separator: str = ":") -> str:
    """What stands behind the first mention of a name."""
    lines = (line.strip() for line in Path(file).read_text().splitlines())
    return next((line.partition(separator)[2].strip() for line in lines if line.startswith(name)), "unknown")
