"""PgBouncer with one choice of settings after the other, and whether two processes of the service work through it."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.children import Failure
from bench.databases import OURS, migrate
from bench.scaling import pgbouncer
from bench.scaling.pgbouncer import PgBouncer
from bench.scaling.plan import CLIENTS, PREPARED, SHARED, WARM_UP
from bench.scaling.points import Point, usual
from bench.scaling.results import Setup
from bench.scaling.session import Session
from bench.targets.service import POOL, Service

PROCESSES = 2
# More statements than a connection of the service keeps prepared, so that some are closed.
STATEMENTS = 300


def transaction(prepared: int, pool: int) -> dict[str, str]:
    """Pooling by transaction."""
    return {"pool_mode": "transaction", "max_prepared_statements": str(prepared), "default_pool_size": str(pool)}


@dataclass(frozen=True)
class _Tried:
    title: str
    settings: Mapping[str, str]
    entry: Mapping[str, str] = field(default_factory=dict)


def try_all(session: Session, role: str) -> None:
    """All setups, into the results."""
    own = {"pool_mode": "session", "default_pool_size": str(PROCESSES * POOL)}
    query = "; ".join(f"SET {name} = '{value}'" for name, value in session.results.session.items())
    for tried in (
        _Tried("by session", own),
        _Tried("by transaction, no prepared statements", transaction(0, SHARED)),
        _Tried("by transaction", transaction(PREPARED, SHARED)),
        _Tried("by transaction, settings by `ALTER ROLE … SET`", transaction(PREPARED, SHARED), {"user": role}),
        _Tried("by transaction, settings by `connect_query`", transaction(PREPARED, SHARED), {"connect_query": query}),
    ):
        found = _try(session, tried)
        session.results.setups.append(found)
        outcome = found.failure.splitlines()[0] if found.failure else f"{found.requests:,} requests answered"
        session.progress.say(f"PgBouncer, {tried.title}: {outcome}")


def _try(session: Session, tried: _Tried) -> Setup:
    entry = {"user": "postgres", **tried.entry}
    empty = f"empty_{len(session.results.setups)}"
    session.cluster.run("postgres", f"CREATE DATABASE {empty};")
    entries = {OURS: entry, empty: {**entry, "dbname": empty}}
    requests, failure = 0, ""
    looked_at, kept, kept_anew = None, None, None
    with pgbouncer.running(session.cluster, session.place, tried.settings, entries) as pooler, ExitStack() as stack:
        migrates = _migrates(pooler.url_of(empty))
        try:
            services = [
                stack.enter_context(session.serving(OURS, pooler.url_of(OURS), level="warn")) for _ in range(PROCESSES)
            ]
            for point in usual(session.mode.page).values():
                requests += _load(session, point, services)
            requests += sum(_many_statements(one, session) for one in services)
            if tried.settings["pool_mode"] == "transaction":
                looked_at, kept = _kept(session, pooler)
                pooler.reconnect()
                requests += _load(session, usual(session.mode.page)["first"], services)
                _, kept_anew = _kept(session, pooler)
        except Failure as found:
            failure = _reason(session, str(found))
    return Setup(tried.title, dict(tried.settings), migrates, requests, failure, looked_at, kept, kept_anew)


def _migrates(url: str) -> bool:
    try:
        migrate(url)
    except Failure:
        return False
    return True


def _load(session: Session, point: Point, services: list[Service]) -> int:
    """Requests that all processes have answered at the same time."""
    with ThreadPoolExecutor(len(services)) as clients:
        begun = [
            clients.submit(one.run, point.work, WARM_UP, session.numbers(OURS), CLIENTS // len(services))
            for one in services
        ]
        return sum(one.result().requests for one in begun)


def _many_statements(one: Service, session: Session) -> int:
    """Asks with ever new limits, which stand in the texts of the statements."""
    work = usual(session.mode.page)["first"].work
    token = session.keys.token(work.tenant, master=False)
    path = work.path.partition("?")[0]
    for limit in range(1, STATEMENTS + 1):
        answer = one.ask("GET", f"{path}?{urlencode({'filter': json.dumps({'limit': limit})})}", token)
        rows = min(limit, session.mode.page)
        if answer.status != 200 or not isinstance(answer.body, list) or len(answer.body) != rows:
            raise Failure(f"a page of {limit} users: status {answer.status}")
    return STATEMENTS


def _kept(session: Session, pooler: PgBouncer) -> tuple[int, int]:
    """How many server connections there are, and how many of them have all settings of the service: asked on all at
    once, so that each question takes another one."""
    wanted = session.results.session
    names = ", ".join(f"'{name}'" for name in wanted)
    sql = (
        "SELECT json_build_object('id', pg_backend_pid(), 'all', (SELECT json_object_agg(name, setting) "
        f"FROM pg_settings WHERE name IN ({names})))::text FROM pg_sleep(0.5);"
    )
    with ThreadPoolExecutor(SHARED) as clients:
        rows = [json.loads(text) for text in clients.map(lambda _: pooler.run(OURS, sql), range(SHARED))]
    found = {row["id"]: row["all"] == wanted for row in rows}
    return len(found), sum(found.values())


def _reason(session: Session, failure: str) -> str:
    """What the service has logged first, if anything: that says more than what its client saw."""
    newest = sorted(session.place.glob("service-*.log"), key=lambda file: file.stat().st_mtime_ns)[-PROCESSES:]
    for file in newest:
        for line in file.read_text().splitlines():
            if '"level":"WARN"' in line or '"level":"ERROR"' in line:
                values = json.loads(line)
                return str(values.get("error") or values.get("message"))
    return failure
