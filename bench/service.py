"""An HTTP service as a process, ours on either database or the original; its callers' tokens; and wrk, its client."""

import http.client
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench import machine
from bench.children import BENCH, ORIGINAL, Failure, free_port, output_of, start, stop
from bench.population import PERMISSIONS, Tenant
from bench.work import Work

# Of either service, to the database; and of the client to the service.
POOL, CONNECTIONS = 16, 32
_TIMEOUT = 120  # seconds; slow answers are figures too
# Where the clients have not been answered this many times over, what was still in flight counts.
_FEW = 10
KEY_ID = "bench-key"
ISSUER = "bench"
_FAR_FUTURE = 4_102_444_800


@dataclass(frozen=True)
class Keys:
    """A key pair, in PEM form."""

    private: str
    public: str

    @staticmethod
    def new() -> "Keys":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        return Keys(private.decode(), public.decode())

    @cache  # signing takes longer than many an answer
    def token(self, tenant: Tenant, *, master: bool) -> str:
        """A token of the tenant's first member."""
        claims: dict[str, object] = {**tenant.caller, "permissions": PERMISSIONS}
        return self.sign(claims | ({"tenantType": "master"} if master else {}))

    def sign(self, claims: dict[str, object]) -> str:
        """A token with these claims."""
        claims = {**claims, "iss": ISSUER, "exp": _FAR_FUTURE}
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": KEY_ID})


@dataclass(frozen=True)
class Sample:
    """What one run of wrk or pgbench found."""

    requests: int
    seconds: float
    connections: int
    p50: float | None = None  # milliseconds, which pgbench does not tell
    p99: float | None = None
    wrong: int = 0  # answers that were no successes

    @property
    def few(self) -> bool:
        """Whether the clock stopped before each connection was answered some times."""
        return self.requests < _FEW * self.connections

    @property
    def rate(self) -> float:
        """Requests a second. wrk stops with a request of each connection under way: where that matters, these count as
        answered, which is in favour of whoever is slow."""
        return (self.requests + (self.connections if self.few else 0)) / self.seconds


def wrk(url: str, token: str, seconds: int, connections: int, *request: str) -> Sample:
    """One run of the request that client.lua makes of these words."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={_TIMEOUT}s", "-H"]
    command += [f"Authorization: Bearer {token}", "-s", str(BENCH / "client.lua"), url, "--", *request]
    found = json.loads(output_of(command).splitlines()[-1])
    wrong, times = found["refused"] + found["broken"] + found["timeouts"], (found["p50"] / 1e3, found["p99"] / 1e3)
    return Sample(found["requests"], found["microseconds"] / 1e6, connections, *times, wrong)


@dataclass(frozen=True)
class Answer:
    """Of a single request."""

    status: int
    body: object
    link: str

    def ids(self) -> list[str]:
        """The ids of rows, those of included ones behind the row that they belong to."""
        return list(_ids(self.body))


def _ids(body: object) -> Iterator[str]:
    for row in body if isinstance(body, list) else [body]:
        if isinstance(row, dict):
            yield row["id"]
            for related in row.values():
                yield from _ids(related) if isinstance(related, list) else ()


class Service:
    """A process that speaks HTTP on a port of its own."""

    def __init__(self, side: str, command: Sequence[str], environment: Mapping[str, str], keys: Keys, log: Path):
        self.side = self.database = side
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {name: value for name, value in environment.items() if name != "DATABASE_URL"}
        self.pid = 0
        self._environment = {**environment, "HOST": "127.0.0.1", "PORT": str(self.port)}
        self._command = command
        self._keys = keys
        self._log = log
        self._links: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Service":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            stop(self._process)
            self._process = None

    def start(self, work: Work | None = None) -> float:
        """Starts the process anew; the seconds until it has answered this request, or is ready."""
        self.__exit__()
        began, place = time.perf_counter(), ORIGINAL if self._command[0] == "node" else self._log.parent
        self._process = start(self._command, self._environment, place, self._log)
        self.pid = self._process.pid
        while time.perf_counter() - began < 60 and self._process.poll() is None:
            try:
                if (self._send(work, 0) if work else self.ask("GET", "/health/ready", "")).status == 200:
                    return time.perf_counter() - began
            except ConnectionError:
                time.sleep(0.0005)
        raise Failure(f"{self.side} does not answer:\n{self._log.read_text()}")

    def checked(self, work: Work, number: int) -> Answer:
        """The answer to one request, if it is one that can be meant."""
        answer = self._send(work, number)
        if not 200 <= answer.status < 300:
            raise Failure(f"{work.name}: {self.side} answers {answer.status}: {answer.body}")
        if work.rows is not None and not (isinstance(answer.body, list) and len(answer.body) == work.rows):
            raise Failure(f"{work.name}: {self.side} does not answer with {work.rows} rows: {answer.body}")
        return answer

    def ask(self, method: str, path: str, token: str, body: str | None = None) -> Answer:
        """One request, which need not be work of the table."""
        headers = {"Content-Type": "application/json"} if body else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
        is_json = text and "json" in response.headers.get("Content-Type", "")
        return Answer(response.status, json.loads(text) if is_json else None, response.headers.get("Link", ""))

    def run(self, work: Work, seconds: int, first: int, connections: int = CONNECTIONS) -> Sample:
        """Does the work for some seconds; `first` is a number from which on none has been used yet."""
        token, tenant = self._keys.token(work.tenant, master=work.master), work.tenant
        request = [work.method, self._linked(work) or work.path]
        if work.body is not None:
            request += [work.body, *map(str, (first, tenant.number, tenant.members, tenant.step))]
        sample = wrk(self.url, token, seconds, connections, *request)
        if sample.wrong:
            raise Failure(f"{work.name}: {sample.wrong:,} answers of {self.side} were no successes")
        return sample

    def cpu_seconds(self) -> float:
        return machine.cpu_seconds(self.pid)

    def _send(self, work: Work, number: int) -> Answer:
        path, body = work.request(number)
        token = self._keys.token(work.tenant, master=work.master)
        return self.ask(work.method, self._linked(work) or path, token, body)

    def _linked(self, work: Work) -> str | None:
        """Where the link of the page at the work's path leads, if that is what is meant."""
        if work.linked and work.name not in self._links:
            link = self._send(replace(work, linked=False), 0).link
            if not link.endswith('>; rel="next"'):
                raise Failure(f"{work.name}: {self.side} leads to no next page: {link}")
            self._links[work.name] = urljoin(work.path, link.partition(">")[0].lstrip("<"))
        return self._links.get(work.name)


def ours(side: str, program: Path, url: str, keys: Keys, log: Path, pool: int = POOL) -> Service:
    """Our service in release mode, its log off; slow answers are figures too, so it gives up as late as the client."""
    environment = {"DATABASE_URL": url, "DB_MAX_CONNECTIONS": str(pool), "JWT_VERIFIER": "jwt-keys"}
    environment |= {"JWT_ISSUER": ISSUER, "LOG_LEVEL": "off"}
    patient = ("DB_CONNECTION_TIMEOUT_MILLIS", "STATEMENT_TIMEOUT_MILLISECONDS", "REQUEST_TIMEOUT_MILLISECONDS")
    environment |= dict.fromkeys(patient, str(_TIMEOUT * 1000))
    return Service(side, [str(program), "serve"], environment, keys, log)


def original(side: str, url: str, keys: Keys, log: Path) -> Service:
    """The original in the host application of the tests; tracing and statistics are off unless asked for."""
    environment = {"DATABASE_URL": url, "POOL": str(POOL), "JWT_ISSUER": ISSUER}
    environment |= {"NODE_ENV": "production", "LOG_LEVEL": "error", "TZ": "UTC"}
    return Service(side, ["node", "index.js"], environment, keys, log)
