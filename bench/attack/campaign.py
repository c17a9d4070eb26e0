"""The stages in their order: a service of its own for each, with two stretches to compare with before each hostile one."""

import base64
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen

from bench.attack.clients import KINDS
from bench.attack.issuer import Issuer
from bench.attack.probes import Probes
from bench.attack.stage import Stage, Stretch
from bench.caller import ISSUER, Keys
from bench.children import Failure, output_of, start, stop
from bench.places import BENCH, PLACE, ROOT
from bench.progress import Progress
from bench.targets.service import free_port

# Of the steady load, over as many connections.
_CONNECTIONS = 8
# Beside the first one, so that a list of them is long.
_TENANTS = 500
# Of the first one, each nearly as long as it may be: a tenant with all of them takes 25 MB.
_CONFIGURATIONS = 400
_LONG = "v" * 63_000
_ISSUER = "garbage-tokens"


@dataclass(frozen=True)
class _Service:
    port: int
    pid: int
    token: str
    tenant: str


def run(binary: Path, seconds: int, rounds: int) -> list[Stage]:
    """All stages."""
    progress = Progress(len(KINDS) * rounds * 3 * (seconds + 1.0))
    stages = []
    with tempfile.TemporaryDirectory(dir=PLACE) as place, _bystander() as bystander:
        for kind in KINDS:
            with _serving(binary, Path(place), kind) as service:
                _load(service, 1)
                stage = Stage(kind)
                for _ in range(rounds):
                    stage.alone.append(_stretch(service, seconds))
                    stage.elsewhere.append(_stretch(service, seconds, kind, bystander))
                    stage.hostile.append(_stretch(service, seconds, kind, service.port))
                stage.resident = _peak(service.pid)
                progress.say(f"{kind}: {stage.ratio:.2f} of the rate, probes {stage.worst:.0f} ms at worst")
                stages.append(stage)
    return stages


@contextmanager
def _bystander() -> Iterator[int]:
    """Its port."""
    process = Popen([sys.executable, "-m", "bench.attack.bystander"], cwd=ROOT, stdout=PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        stop(process)


@contextmanager
def _serving(binary: Path, place: Path, kind: str) -> Iterator[_Service]:
    directory = place / kind
    directory.mkdir()
    port = free_port()
    environment = {"HOST": "127.0.0.1", "PORT": str(port), "DATA_DIR": str(directory), "LOG_LEVEL": "off"}
    first = start([str(binary), "serve"], environment, directory, directory / "log")
    try:
        _wait(port, first, directory / "log")
        told = {**environment, "PATH": os.environ["PATH"]}
        token = output_of([str(binary), "token", "--master"], environment=told).strip()
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        service = _Service(port, first.pid, token, claims["tenantId"])
        _populate(service)
        if kind != _ISSUER:
            yield service
            return
    finally:
        stop(first)
    keys = Keys.new()
    issuer = Issuer(keys)
    environment |= {"JWT_VERIFIER": "jwks", "JWT_ISSUER": ISSUER, "JWT_JWKS_URL": issuer.url}
    second = start([str(binary), "serve"], environment, directory, directory / "log")
    try:
        _wait(port, second, directory / "log")
        service = _Service(port, second.pid, keys.sign(claims), claims["tenantId"])
        _ask(service, f"/tenants/{service.tenant}")
        # It has the keys; those that it does not know are asked for from now on, in vain.
        issuer.silent = True
        yield service
    finally:
        stop(second)


def _wait(port: int, process: Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise Failure(f"the service does not answer:\n{log.read_text()}")


def _ask(service: _Service, path: str, body: Mapping[str, object] | None = None) -> None:
    headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{service.port}{path}", data, headers)
    urllib.request.urlopen(request, timeout=30).close()


def _populate(service: _Service) -> None:
    for number in range(_TENANTS):
        _ask(service, "/tenants", {"name": f"Tenant {number}", "key": f"tenant-{number}", "status": 1})
    for number in range(_CONFIGURATIONS):
        body = {"configKey": f"long-{number}", "configValue": {"text": _LONG}}
        _ask(service, f"/tenants/{service.tenant}/tenant-configs", body)


def _stretch(service: _Service, seconds: int, kind: str | None = None, attacked: int = 0) -> Stretch:
    """One run of the steady load, with hostile clients beside it that attack this port, or without any."""
    hostile = None
    if kind is not None:
        # They begin before the load, and end behind it.
        command = [sys.executable, "-m", "bench.attack.clients", kind, str(attacked), str(seconds + 2)]
        told = {**os.environ, "TOKEN": service.token, "TENANT": service.tenant}
        hostile = Popen(command, env=told, cwd=ROOT, stdout=PIPE)
        time.sleep(1)
    try:
        with Probes(service.port) as probes:
            rate, refused = _load(service, seconds)
        counts = json.loads(hostile.communicate(timeout=30)[0]) if hostile else {}
    finally:
        if hostile is not None and hostile.poll() is None:
            hostile.kill()
    return Stretch(rate, refused, probes.worst, probes.p99, counts)


def _load(service: _Service, seconds: int) -> tuple[float, int]:
    """The steady load: its rate, and how many answers were no successes."""
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--timeout=30s"]
    command += ["-H", f"Authorization: Bearer {service.token}", "-s", str(BENCH / "client.lua")]
    command += [f"http://127.0.0.1:{service.port}", "--", "GET", f"/tenants/{service.tenant}"]
    found = json.loads(output_of(command).splitlines()[-1])
    refused = found["refused"] + found["broken"] + found["timeouts"]
    return (found["requests"] - found["refused"]) / (found["microseconds"] / 1e6), refused


def _peak(pid: int) -> float:
    """The most memory that a process has had resident, in MB."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    kibibytes: Callable[[str], float] = lambda line: float(line.split()[1])
    return next(kibibytes(line) for line in status if line.startswith("VmHWM:")) * 1024 / 1e6
