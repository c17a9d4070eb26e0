"""The PostgreSQL cluster of a measurement, durable as in production; and databases with the same rows: the original's,
ours, and ours on SQLite."""

import json
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.children import BENCH, ORIGINAL, POSTGRES_BIN, ROOT, output_of
from bench.machine import cpu_seconds
from bench.population import GROUPS, PERMISSIONS, TENANTS, WRITTEN, Tenant
from bench.service import KEY_ID, Keys

_SCRIPT = str(ROOT / "scripts/postgres.sh")
_SETTINGS = (BENCH / "data/postgres.conf").read_text().split()
_DATA = BENCH / "data"
_MIGRATIONS = ORIGINAL / "node_modules/@sourceloop/user-tenant-service/migrations/pg/migrations/sqls"
# How a value of PostgreSQL is written in SQLite, by its type; others are written alike.
_WRITTEN = {
    "timestamp with time zone": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
    "timestamp without time zone": 'to_char({0}, \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')',
    "boolean": "{0}::integer",
    "ARRAY": "array_to_json({0})::text",
    "character": "trim({0})",
}
# As `name: value`; durability is spelt out.
SETTINGS = dict(setting.split("=", 1) for setting in _SETTINGS)


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    # Without the name of a database.
    url: str
    directory: Path

    def cpu_seconds(self) -> float:
        """Processor time of all its processes, ended ones included."""
        return cpu_seconds(int((self.directory / "data/postmaster.pid").read_text().split()[0]))

    def url_of(self, database: str) -> str:
        return f"{self.url}/{database}"

    def run(self, database: str, sql: str | Path, **variables: str | int) -> str:
        """Runs SQL, or a file of it, with psql's variables, and returns what it prints, unaligned."""
        command = [str(POSTGRES_BIN / "psql"), self.url_of(database), "-XqAt", "-v", "ON_ERROR_STOP=1"]
        for name, value in variables.items():
            command += ["-v", f"{name}={value}"]
        return output_of(command, text=sql.read_text() if isinstance(sql, Path) else sql)


@contextmanager
def running() -> Iterator[Cluster]:
    """A new cluster, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="user-tenant-bench-") as place:
        Path(place).chmod(0o711)  # another user may own the cluster's processes
        directory, environment = Path(place) / "cluster", {**os.environ, "POSTGRES_BIN": str(POSTGRES_BIN)}
        try:
            url = output_of([_SCRIPT, "start", str(directory), *_SETTINGS], environment=environment).strip()
            yield Cluster(url.rpartition("/")[0], directory)
        finally:
            # Its own session, so that a second Ctrl-C does not leave the server behind.
            remove = [_SCRIPT, "remove", str(directory)]
            subprocess.run(remove, env=environment, start_new_session=True, check=False)


def make(
    cluster: Cluster, name: str, program: Path | None, keys: Keys, tenants: Sequence[Tenant],
    count: int = TENANTS, groups: int = GROUPS,
) -> None:  # fmt: skip
    """Makes a database with the schema of a build of ours, or of the original; so many tenants, members of some."""
    cluster.run("postgres", f"CREATE DATABASE {name}; ALTER DATABASE {name} SET timezone = 'UTC';")
    if program:
        _migrate(program, cluster.url_of(name))
    for file in () if program else sorted(_MIGRATIONS.glob("*-up.sql")):
        cluster.run(name, file)
    cluster.run(name, _DATA / "functions.sql")
    cluster.run(name, _DATA / "base.sql", tenants=count, key_id=KEY_ID, public_key=keys.public)
    measured = ", ".join(f"({tenant.number}, {tenant.members})" for tenant in tenants)
    cluster.run(name, _DATA / "members.sql", tenants=measured, permissions=",".join(PERMISSIONS))
    cluster.run(name, _DATA / "groups.sql", tenant=WRITTEN.number, groups=groups)
    for sql in ("DROP SCHEMA bench CASCADE; SET client_min_messages = error;", "VACUUM (ANALYZE);", "CHECKPOINT;"):
        cluster.run(name, sql)


def copy_to_sqlite(cluster: Cluster, database: str, program: Path, file: Path, tenants: Sequence[Tenant]) -> None:
    """Makes an SQLite database of a build of ours with the rows of its other one, and these members."""
    _migrate(program, f"sqlite:{file}")
    of_tenants = "('" + "', '".join(tenant.id for tenant in tenants) + "')"
    chosen = {"users": f"default_tenant_id IN {of_tenants}", "user_tenants": f"tenant_id IN {of_tenants}"}
    connection = sqlite3.connect(file)
    # The rows are consistent, a crash now costs nothing, and the audit log is not for what was loaded.
    connection.executescript("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.executescript("".join(f"DROP TRIGGER {name};" for name, _ in triggers))
    for table in ("jwt_keys", "tenants", "roles", "users", "user_tenants", "groups"):
        where = f"table_schema = 'main' AND table_name = '{table}' ORDER BY ordinal_position;"
        types = cluster.run(database, f"SELECT column_name, data_type FROM information_schema.columns WHERE {where}")
        columns = dict(line.split("|") for line in types.splitlines())
        written = ", ".join(_WRITTEN.get(kind, "{0}").format(column) for column, kind in columns.items())
        wanted = f"main.{table} WHERE {chosen.get(table, 'true')}"
        rows = cluster.run(database, f"SELECT json_build_array({written})::text FROM {wanted};").splitlines()
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        with connection:
            connection.executemany(insert, map(json.loads, rows))
    connection.executescript("".join(f"{sql};" for _, sql in triggers) + "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);")
    connection.close()


def _migrate(program: Path, url: str) -> None:
    output_of([str(program), "migrate", "up"], environment={"DATABASE_URL": url, "JWT_ISSUER": "bench"})
