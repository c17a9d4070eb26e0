"""A whole measurement, from empty databases to raw results."""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench import cluster, databases
from bench.caller import Keys
from bench.children import Failure
from bench.machine.description import machine, own_versions
from bench.machine.load import Foreign, Moment, load_average
from bench.population import SIZED, TENANTS, WRITTEN
from bench.progress import Progress
from bench.scaling import curves, pgbouncer, pooler, replicas, sweep
from bench.scaling.plan import Mode
from bench.scaling.points import database_of
from bench.scaling.results import Results
from bench.scaling.session import Session
from bench.targets import service
from bench.work import Side

# In this order: what writes to the tenants that are read comes last.
_PARTS: dict[str, Callable[[Session], None]] = {
    "reads": curves.reads,
    "connections": sweep.connections,
    "pool": sweep.pools,
    "replicas": replicas.measure,
    "pgbouncer": pooler.measure,
    "creations": curves.creations,
}


def run(mode: Mode) -> Results:
    """Measures; the processes that it needs have ended when it returns."""
    before = Moment.now()
    time.sleep(1)
    foreign = Foreign.between(before, Moment.now(), 1.0, 0.0)
    progress = Progress(mode.minutes * 60)
    with ExitStack() as stack:
        running = stack.enter_context(cluster.running())
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="user-tenant-scale-")))
        place.chmod(0o711)  # PgBouncer gives up being root
        keys = Keys.new()
        results = _new_results(mode, running, keys, foreign)
        _load(mode, running, keys, progress)
        results.took["loading"] = round(progress.passed, 1)
        session = Session(mode, running, keys, place, progress, results)
        results.took["each run"] = session.seconds
        progress.say(f"loaded; {mode.runs} runs of {session.seconds} s")
        for name, measure in _PARTS.items():
            try:
                measure(session)
            except Failure as failure:
                # One part that fails does not cost the others; the document begins with it.
                progress.say(f"FAILED: {name}: {failure}")
                results.failures[name] = str(failure)
        results.took["all"] = round(progress.passed, 1)
        progress.say("measured")
        return results


def _load(mode: Mode, running: cluster.Cluster, keys: Keys, progress: Progress) -> None:
    progress.say(f"loading the database with tenants of up to {max(mode.members):,} members")
    databases.make(running, databases.OURS, keys, [*(SIZED[size] for size in mode.members), WRITTEN], groups=0)
    for count in mode.tenants:
        progress.say(f"loading the database with {count:,} tenants")
        databases.make(running, database_of(count), keys, [SIZED[1_000]], count, groups=0)


def _new_results(mode: Mode, running: cluster.Cluster, keys: Keys, foreign: Foreign) -> Results:
    example = service.ours(Side.OURS, databases.OURS, "", keys, Path("/dev/null"))
    hidden = ("PORT", "DATABASE_URL", "HOST")
    return Results(
        mode=mode.name,
        started=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        machine=machine(running.directory),
        versions={**own_versions(), "PgBouncer": pgbouncer.version()},
        settings={
            "PostgreSQL": cluster.settings(),
            "The service": {name: value for name, value in example.environment.items() if name not in hidden},
        },
        data={
            "members of the measured tenants, all in one database": ", ".join(f"{size:,}" for size in mode.members),
            "tenants of that database": f"{TENANTS:,}",
            "members of its tenant that is written to": f"{WRITTEN.members:,}",
            "tenants of the other databases": ", ".join(f"{size:,}" for size in mode.tenants),
            "members of the tenant that is read in each of these": f"{SIZED[1_000].members:,}",
        },
        before={"load": load_average(), "others": foreign.others, "stolen": foreign.stolen},
    )
