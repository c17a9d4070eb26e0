"""The PostgreSQL cluster of a measurement: durable as in production, with settings that the document lists."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.children import output_of
from bench.machine.processes import cpu_seconds
from bench.places import POSTGRES_BIN, ROOT

_SCRIPT = str(ROOT / "scripts/postgres.sh")


def settings() -> dict[str, str]:
    """Settings that differ from PostgreSQL's own, durability spelt out."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    shared = max(128, min(2048, memory // 4 // 1024**2))
    return {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{memory // 2 // 1024**2}MB",
        "work_mem": "16MB",
        "max_wal_size": "8GB",
        "random_page_cost": "1.1",
        "shared_preload_libraries": "pg_stat_statements",
        "pg_stat_statements.track": "none",
    }


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    # Without the name of a database.
    url: str
    directory: Path

    @property
    def process(self) -> int:
        return int((self.directory / "data/postmaster.pid").read_text().split()[0])

    def cpu_seconds(self) -> float:
        """Processor time of all its processes, ended ones included."""
        return cpu_seconds(self.process)

    def url_of(self, database: str) -> str:
        return f"{self.url}/{database}"

    def run(self, database: str, sql: str | Path, **variables: str | int) -> str:
        """Runs SQL, or a file of it, with psql's variables, and returns what it prints, unaligned."""
        command = [str(POSTGRES_BIN / "psql"), self.url_of(database), "-XqAt", "-v", "ON_ERROR_STOP=1"]
        for name, value in variables.items():
            command += ["-v", f"{name}={value}"]
        if isinstance(sql, Path):
            return output_of([*command, "-f", str(sql)])
        return output_of(command, text=sql)


@contextmanager
def running() -> Iterator[Cluster]:
    """A new cluster, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="user-tenant-bench-") as place:
        Path(place).chmod(0o711)  # another user may own the cluster's processes
        directory = Path(place) / "cluster"
        environment = {"POSTGRES_BIN": str(POSTGRES_BIN)}
        assignments = [f"{name}={value}" for name, value in settings().items()]
        try:
            url = output_of([_SCRIPT, "start", str(directory), *assignments], environment=environment).strip()
            yield Cluster(url.rpartition("/")[0], directory)
        finally:
            # Its own session, so that a second Ctrl-C does not leave the server behind.
            subprocess.run(
                [_SCRIPT, "remove", str(directory)],
                env={**os.environ, **environment},
                start_new_session=True,
                check=False,
            )
