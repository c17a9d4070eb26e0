"""The machine and the versions of all that takes part, for the reader of the figures."""

import os
import platform
import subprocess
from pathlib import Path

from bench.places import ORIGINAL, POSTGRES_BIN, PROGRAM, ROOT


def machine(data_directory: Path) -> dict[str, str]:
    """Processor, memory, system."""
    return {
        "processor": _after("/proc/cpuinfo", "model name"),
        "cores": str(os.cpu_count()),
        "memory": f"{int(_after('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "distribution": _after("/etc/os-release", "PRETTY_NAME", "=").strip('"'),
        "file system of the databases": _said("stat", "--file-system", "--format=%T", str(data_directory)),
    }


def versions() -> dict[str, str]:
    """Of every program that takes part in a comparison."""
    package = ORIGINAL / "node_modules/@sourceloop/user-tenant-service/package.json"
    return {
        **own_versions(),
        "@sourceloop/user-tenant-service": _after(str(package), '"version"').strip('", '),
        "Node.js": _said("node", "--version"),
    }


def own_versions() -> dict[str, str]:
    """Of our service, of what it needs, and of its client."""
    return {
        "User Tenant Service": _said(str(PROGRAM), "--version").split()[-1],
        "commit": _said("git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=10"),
        "rustc": _said("rustc", "--version").split()[1],
        "PostgreSQL": _said(str(POSTGRES_BIN / "postgres"), "--version").split(" ", 2)[2],
        "wrk": _said("wrk", "--version").split("[")[0].removeprefix("wrk ").strip(),
    }


def _after(file: str, name: str, separator: str = ":") -> str:
    """What stands behind the first mention of a name."""
    for line in Path(file).read_text().splitlines():
        if line.strip().startswith(name):
            return line.partition(separator)[2].strip()
    return "unknown"


def _said(*command: str) -> str:
    # wrk prints its version and then fails for want of an address.
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    return (output.stdout or output.stderr).strip().partition("\n")[0]
