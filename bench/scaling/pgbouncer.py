"""PgBouncer as a process, with the settings that are to be tried."""

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.children import Failure, output_of, start, stop
from bench.cluster import Cluster
from bench.databases import OURS
from bench.machine import processes
from bench.places import POSTGRES_BIN
from bench.targets.service import free_port

# `bench/scale` sets this.
PROGRAM = os.environ.get("BENCH_PGBOUNCER", "pgbouncer")


def version() -> str:
    """As it says itself."""
    return output_of([PROGRAM, "--version"]).split("\n")[0].removeprefix("PgBouncer ")


@dataclass(frozen=True)
class PgBouncer:
    """A running one."""

    port: int
    pid: int

    def url_of(self, entry: str) -> str:
        """Of one of its entries, which it calls databases."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{entry}"

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self.pid)

    def run(self, entry: str, sql: str) -> str:
        """Runs SQL through it; the entry `pgbouncer` is its own console."""
        return output_of([str(POSTGRES_BIN / "psql"), self.url_of(entry), "-XqAt", "-c", sql])

    def reconnect(self) -> None:
        """Makes it open all server connections anew, as it does by itself when they have grown old."""
        self.run("pgbouncer", "RECONNECT")


@contextmanager
def running(
    cluster: Cluster, place: Path, settings: Mapping[str, str], entries: Mapping[str, Mapping[str, str]]
) -> Iterator[PgBouncer]:
    """PgBouncer before our database; an entry's own settings, such as `user`, are added to the address."""
    server = urlsplit(cluster.url)
    port = free_port()
    address = {"host": str(server.hostname), "port": str(server.port), "dbname": OURS}
    lines = ["[databases]"]
    lines += [f"{entry} = {_words({**address, **more})}" for entry, more in entries.items()]
    lines += ["[pgbouncer]", "listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir ="]
    lines += ["auth_type = any", "admin_users = postgres"]
    if os.geteuid() == 0:
        # It refuses to run as root.
        lines.append(f"user = {_somebody()}")
    lines += [f"{name} = {value}" for name, value in settings.items()]
    file, log = place / f"pgbouncer-{port}.ini", place / f"pgbouncer-{port}.log"
    file.write_text("\n".join(lines) + "\n")
    process = start([PROGRAM, str(file)], {}, place, log)
    try:
        _wait(process, port, log)
        yield PgBouncer(port, process.pid)
    finally:
        stop(process)


def _words(values: Mapping[str, str]) -> str:
    quoted = {name: "'" + value.replace("'", "''") + "'" for name, value in values.items()}
    return " ".join(f"{name}={value}" for name, value in quoted.items())


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise Failure(f"PgBouncer does not start:\n{log.read_text()}")


def _somebody() -> str:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"
