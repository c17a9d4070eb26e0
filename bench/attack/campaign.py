"""The stages in their order: a service for each, and two stretches to compare with before each hostile one."""

import base64
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

from bench import machine
from bench.attack.beside import Issuer, Probes
from bench.attack.clients import KINDS
from bench.attack.stage import Stage, Stretch
from bench.children import PLACE, ROOT, Failure, output_of, say, stop
from bench.service import ISSUER, Keys, Sample, Service, wrk

_CONNECTIONS = 8  # of the steady load


def run(binary: Path, seconds: int, rounds: int) -> list[Stage]:
    """All stages."""
    stages, bystander = [], Popen([sys.executable, "-m", "bench.attack.clients", "bystander"], cwd=ROOT, stdout=PIPE)
    try:
        assert bystander.stdout is not None
        elsewhere = int(bystander.stdout.readline())
        for kind in KINDS:
            with tempfile.TemporaryDirectory(dir=PLACE) as place, _serving(binary, Path(place), kind) as attacked:
                attacked.load(1)
                stage = Stage(kind)
                for _ in range(rounds):
                    stage.alone.append(attacked.stretch(seconds))
                    stage.elsewhere.append(attacked.stretch(seconds, kind, elsewhere))
                    stage.hostile.append(attacked.stretch(seconds, kind, attacked.service.port))
                stage.resident = machine.resident(attacked.service.pid, peak=True) / 1e6
                say(" | ".join(stage.line()))
                stages.append(stage)
    finally:
        stop(bystander)
    return stages


class _Attacked:
    """A service, who calls it, and the tenant that is asked for."""

    def __init__(self, service: Service, token: str, tenant: str) -> None:
        self.service = service
        self._token = token
        self._tenant = tenant

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> None:
        answer = self.service.ask(method, path, self._token, json.dumps(body) if body else None)
        if answer.status != 200:
            raise Failure(f"{method} {path}: {answer}")

    def populate(self) -> None:
        """Tenants, so that a list of them is long; and configurations, with all of which a tenant takes 25 MB."""
        for number in range(500):
            self.ask("POST", "/tenants", {"name": f"Tenant {number}", "key": f"tenant-{number}", "status": 1})
        for number in range(400):
            body = {"configKey": f"long-{number}", "configValue": {"text": "v" * 63_000}}
            self.ask("POST", f"/tenants/{self._tenant}/tenant-configs", body)

    def load(self, seconds: int) -> Sample:
        """The steady load."""
        return wrk(self.service.url, self._token, seconds, _CONNECTIONS, "GET", f"/tenants/{self._tenant}")

    def stretch(self, seconds: int, kind: str | None = None, port: int = 0) -> Stretch:
        """One run of the steady load, with hostile clients beside it that attack this port, or without any."""
        hostile = None
        if kind is not None:
            # They begin before the load, and end behind it.
            command = [sys.executable, "-m", "bench.attack.clients", kind, str(port), str(seconds + 2)]
            told = {**os.environ, "TOKEN": self._token, "TENANT": self._tenant}
            hostile = Popen(command, env=told, cwd=ROOT, stdout=PIPE)
            time.sleep(1)
        try:
            with Probes(self.service.port) as probes:
                found = self.load(seconds)
            counts = json.loads(hostile.communicate(timeout=30)[0]) if hostile else {}
        finally:
            if hostile is not None and hostile.poll() is None:
                hostile.kill()
        rate = (found.requests - found.wrong) / found.seconds
        return Stretch(rate, found.wrong, probes.at(1), probes.at(0.99), counts)


@contextmanager
def _serving(binary: Path, place: Path, kind: str) -> Iterator[_Attacked]:
    environment, keys = {"DATA_DIR": str(place), "LOG_LEVEL": "off"}, Keys.new()
    command, log = [str(binary), "serve"], place / "log"
    with Service(kind, command, environment, keys, log) as first:
        token = output_of([str(binary), "token", "--master"], environment=environment).strip()
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        attacked = _Attacked(first, token, claims["tenantId"])
        attacked.populate()
        if kind != "garbage-tokens":
            yield attacked
            return
    issuer = Issuer(keys)
    environment |= {"JWT_VERIFIER": "jwks", "JWT_ISSUER": ISSUER, "JWT_JWKS_URL": issuer.url}
    with Service(kind, command, environment, keys, log) as second:
        attacked = _Attacked(second, keys.sign(claims), claims["tenantId"])
        attacked.ask("GET", f"/tenants/{claims['tenantId']}")
        # It has the keys; those that it does not know are asked for from now on, in vain.
        issuer.silent = True
        yield attacked
