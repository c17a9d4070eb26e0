"""Runs wrk, the client of every HTTP service."""

import json

from bench.children import Failure, client_seconds, output_of
from bench.places import BENCH, shown
from bench.targets.sample import Sample
from bench.work import Work

CONNECTIONS = 32
THREADS = 1
# Seconds; slow answers are figures too.
TIMEOUT = 120


def run(
    url: str, token: str, work: Work, path: str, seconds: int, first: int, connections: int = CONNECTIONS
) -> Sample:
    """One run; an answer that is not a success makes it worthless."""
    command = ["wrk", f"-t{THREADS}", f"-c{connections}", f"-d{seconds}s", f"--timeout={TIMEOUT}s"]
    command += ["-H", f"Authorization: Bearer {token}", "-s", str(BENCH / "client.lua"), url, "--"]
    command += [work.method, path]
    if work.body is not None:
        command += [work.body, *map(str, (first, work.tenant.number, work.tenant.members, work.tenant.step))]
    before = client_seconds()
    report = output_of(command)
    client = client_seconds() - before
    found = json.loads(report.splitlines()[-1])
    wrong = {name: found[name] for name in ("refused", "broken", "timeouts") if found[name]}
    if wrong:
        raise Failure(f"{work.name}: wrk counted answers that are no successes: {wrong}\n{report}")
    return Sample(
        command=shown(command, {token: "$TOKEN", url: "$URL"}),
        requests=found["requests"],
        seconds=found["microseconds"] / 1e6,
        connections=connections,
        mean=found["mean"] / 1000,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        client=client,
    )
