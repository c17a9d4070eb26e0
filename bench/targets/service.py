"""An HTTP service as a process: ours on either database, or the original."""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin

from bench.caller import ISSUER, Keys
from bench.children import Failure, start, stop
from bench.machine import processes
from bench.places import ORIGINAL, PLACE, PROGRAM
from bench.targets import wrk
from bench.targets.base import Target
from bench.targets.sample import Sample
from bench.work import Side, Work

# Of either service, to the database.
POOL = 16


@dataclass(frozen=True)
class Answer:
    """Of a single request."""

    status: int
    body: object
    link: str | None


class Service(Target):
    """A process that speaks HTTP on a port of its own."""

    def __init__(
        self, side: Side, database: str, command: Sequence[str], environment: Mapping[str, str], keys: Keys, log: Path
    ) -> None:
        self.side = side
        self.database = database
        self.command = command
        self.port = free_port()
        self.environment = {**environment, "HOST": "127.0.0.1", "PORT": str(self.port)}
        self._keys = keys
        self._log = log
        self._links: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, work: Work) -> float:
        """Starts the process; the seconds until it has answered this request."""
        request = self._request(work, 0)
        began = time.perf_counter()
        directory = ORIGINAL if self.side is Side.ORIGINAL else PLACE
        self._process = start(self.command, self.environment, directory, self._log)
        while time.perf_counter() - began < 60:
            try:
                answer = self._send(*request)
            except ConnectionError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.0005)
                continue
            if answer.status == 200:
                return time.perf_counter() - began
        raise Failure(f"{self.side} does not answer:\n{self._log.read_text()}")

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process)
            self._process = None

    def send(self, work: Work, number: int) -> Answer:
        """One request."""
        return self._send(*self._request(work, number))

    def ask(self, method: str, path: str, token: str, body: object = None) -> Answer:
        """One request that is no work of the table."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self._send(method, path, None if body is None else json.dumps(body), headers)

    def run(self, work: Work, seconds: int, first: int, connections: int = wrk.CONNECTIONS) -> Sample:
        token = self._keys.token(work.tenant, master=work.master)
        return wrk.run(self.url, token, work, self._linked(work) or work.path, seconds, first, connections)

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self._pid)

    def memory(self) -> processes.Memory:
        return processes.memory(self._pid)

    @property
    def _pid(self) -> int:
        if self._process is None:
            raise Failure(f"{self.side} is not running")
        return self._process.pid

    def _request(self, work: Work, number: int) -> tuple[str, str, str | None, dict[str, str]]:
        headers = {"Authorization": f"Bearer {self._keys.token(work.tenant, master=work.master)}"}
        if work.writes:
            headers["Content-Type"] = "application/json"
        path, body = work.request(number)
        return work.method, self._linked(work) or path, body, headers

    def _linked(self, work: Work) -> str | None:
        """Where the link of the page at the work's path leads, if that is what is meant."""
        if not work.linked:
            return None
        if work.name not in self._links:
            answer = self._send(*self._request(replace(work, linked=False), 0))
            if not (answer.link and answer.link.endswith('>; rel="next"')):
                raise Failure(f"{work.name}: {self.side} leads to no next page: {answer}")
            self._links[work.name] = urljoin(work.path, answer.link.partition(">")[0].lstrip("<"))
        return self._links[work.name]

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return Answer(response.status, json.loads(text) if text else None, response.headers.get("Link"))


def ours(side: Side, database: str, database_url: str, keys: Keys, log: Path, pool: int = POOL) -> Service:
    """Our service in release mode, its log off; slow answers are figures too, so it gives up as late as the client."""
    patience = str(wrk.TIMEOUT * 1000)
    environment = {
        "DATABASE_URL": database_url,
        "DB_MAX_CONNECTIONS": str(pool),
        "JWT_VERIFIER": "jwt-keys",
        "JWT_ISSUER": ISSUER,
        "LOG_LEVEL": "off",
        "DB_CONNECTION_TIMEOUT_MILLIS": patience,
        "STATEMENT_TIMEOUT_MILLISECONDS": patience,
        "REQUEST_TIMEOUT_MILLISECONDS": patience,
    }
    return Service(side, database, [str(PROGRAM), "serve"], environment, keys, log)


def original(database: str, database_url: str, keys: Keys, log: Path) -> Service:
    """The original in the host application of the tests; tracing and statistics are off unless asked for."""
    environment = {
        "DATABASE_URL": database_url,
        "POOL": str(POOL),
        "JWT_ISSUER": ISSUER,
        "NODE_ENV": "production",
        "LOG_LEVEL": "error",
        "TZ": "UTC",
    }
    return Service(Side.ORIGINAL, database, ["node", "index.js"], environment, keys, log)


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
