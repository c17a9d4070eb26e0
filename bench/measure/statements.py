"""The statements that the database is sent for a request, counted by pg_stat_statements."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.cluster import Cluster
from bench.results import Statement

# The extension's view covers all databases; asked from another one, it does not count us.
_WATCHER = "postgres"


@contextmanager
def counting(cluster: Cluster) -> Iterator[None]:
    """Counts statements that clients send, and not those of triggers."""
    cluster.run(_WATCHER, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;")
    _track(cluster, "top")
    try:
        yield
    finally:
        _track(cluster, "none")


def sent(cluster: Cluster, database: str, act: Callable[[], None]) -> list[Statement]:
    """What a database is sent while something is done, the most frequent first."""
    cluster.run(_WATCHER, "SELECT pg_stat_statements_reset();")
    act()
    rows = cluster.run(
        _WATCHER,
        f"""SELECT json_build_object('query', regexp_replace(query, '\\s+', ' ', 'g'), 'calls', calls, 'rows', rows,
            'milliseconds', round(mean_exec_time::numeric, 4))::text
        FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
        WHERE datname = '{database}' AND calls > 0 ORDER BY calls DESC, query;""",
    )
    return [Statement(**json.loads(row)) for row in rows.splitlines()]


def _track(cluster: Cluster, what: str) -> None:
    cluster.run(_WATCHER, f"ALTER SYSTEM SET pg_stat_statements.track = '{what}';")
    cluster.run(_WATCHER, "SELECT pg_reload_conf(); SELECT pg_sleep(0.3);")
