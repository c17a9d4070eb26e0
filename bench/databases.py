"""The three databases with the same rows: the original's and ours on PostgreSQL, and ours on SQLite."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from bench.caller import KEY_ID, Keys
from bench.children import output_of
from bench.cluster import Cluster
from bench.places import BENCH, ORIGINAL, PROGRAM
from bench.population import GROUPS, PERMISSIONS, TENANTS, WRITTEN, Tenant

OURS = "ours"
THEIRS = "original"
_DATA = BENCH / "data"
# Every table that is loaded, those first that others refer to.
_TABLES = ("jwt_keys", "tenants", "roles", "users", "user_tenants", "groups")
# How a value of PostgreSQL is written in SQLite, by its type; others are written alike.
_WRITTEN = {
    "timestamp with time zone": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
    "timestamp without time zone": 'to_char({0}, \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')',
    "boolean": "{0}::integer",
    "ARRAY": "array_to_json({0})::text",
    "character": "trim({0})",
}


def make(
    cluster: Cluster, name: str, keys: Keys, tenants: Sequence[Tenant], count: int = TENANTS, groups: int = GROUPS
) -> None:
    """Makes a database with the schema of its service, and loads so many tenants, and the members of some of them."""
    cluster.run("postgres", f"CREATE DATABASE {name}; ALTER DATABASE {name} SET timezone = 'UTC';")
    if name != THEIRS:
        migrate(cluster.url_of(name))
    else:
        directory = ORIGINAL / "node_modules/@sourceloop/user-tenant-service/migrations/pg/migrations/sqls"
        for file in sorted(directory.glob("*-up.sql")):
            cluster.run(name, file)
    cluster.run(name, "CREATE EXTENSION pg_stat_statements;")
    cluster.run(name, _DATA / "functions.sql")
    cluster.run(name, _DATA / "base.sql", tenants=count, key_id=KEY_ID, public_key=keys.public)
    measured = ", ".join(f"({tenant.number}, {tenant.members})" for tenant in tenants)
    cluster.run(name, _DATA / "members.sql", tenants=measured, permissions=",".join(PERMISSIONS))
    cluster.run(name, _DATA / "groups.sql", tenant=WRITTEN.number, groups=groups)
    cluster.run(name, "DROP SCHEMA bench CASCADE; SET client_min_messages = error;")
    cluster.run(name, "VACUUM (ANALYZE);")
    cluster.run(name, "CHECKPOINT;")


def migrate(url: str) -> None:
    """Makes the schema of ours."""
    output_of([str(PROGRAM), "migrate", "up"], environment={"DATABASE_URL": url, "JWT_ISSUER": "bench"})


def copy_to_sqlite(cluster: Cluster, file: Path, tenants: Sequence[Tenant]) -> None:
    """Makes an SQLite database of ours with the rows that our PostgreSQL database has, up to these tenants' members."""
    migrate(f"sqlite:{file}")
    users = " OR ".join(f"default_tenant_id = '{tenant.id}'" for tenant in tenants)
    members = " OR ".join(f"tenant_id = '{tenant.id}'" for tenant in tenants)
    chosen = {"users": users, "user_tenants": members}
    connection = sqlite3.connect(file)
    # The rows are consistent, a crash now costs nothing, and the audit log is not for what was loaded.
    connection.executescript("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.executescript("".join(f"DROP TRIGGER {name};" for name, _ in triggers))
    for table in _TABLES:
        _copy(cluster, connection, table, chosen.get(table, "true"))
    connection.executescript("".join(f"{sql};" for _, sql in triggers) + "ANALYZE;")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _copy(cluster: Cluster, connection: sqlite3.Connection, table: str, chosen: str) -> None:
    types = cluster.run(
        OURS,
        "SELECT column_name, data_type FROM information_schema.columns "
        f"WHERE table_schema = 'main' AND table_name = '{table}' ORDER BY ordinal_position;",
    )
    columns = dict(line.split("|") for line in types.splitlines())
    written = ", ".join(_WRITTEN.get(kind, "{0}").format(column) for column, kind in columns.items())
    rows = cluster.run(OURS, f"SELECT json_build_array({written})::text FROM main.{table} WHERE {chosen};")
    marks = ", ".join("?" * len(columns))
    with connection:
        connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", map(json.loads, rows.splitlines())
        )
