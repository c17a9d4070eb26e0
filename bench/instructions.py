"""Counts the instructions that requests take, with callgrind; `scripts/instructions.sh` runs it."""

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

BASELINE = Path(__file__).with_name("instructions.json")
# What a request may take more than it did. Tables that grow, caches that expire and threads that meet make some noise.
TOLERANCE = 0.15
# Before a count, so that what is prepared and remembered once is there.
WARM_UP = 20
COUNTED = 200
_START = 120


@dataclass(frozen=True)
class Request:
    """One kind of request; a body or a path may hold `{n}`, another number each time."""

    name: str
    method: str
    path: str
    status: int
    body: dict[str, object] | None = None
    token: bool = True


def _filtered(path: str, **filter_: object) -> str:
    return f"{path}?{urlencode({'filter': json.dumps(filter_)})}"


def requests(tenant: str, role: str, user: str) -> list[Request]:
    """The fixed set, in this order, since writes make rows that reads find."""
    users = f"/tenants/{tenant}/users"
    person = {"firstName": "Ann", "username": "ann{n}", "email": "ann{n}@count.example", "roleId": role}
    return [
        Request("create a role", "POST", f"/tenants/{tenant}/roles", 200, {"name": "role {n}", "permissions": []}),
        Request("create a user", "POST", users, 200, person),
        Request("update a user", "PATCH", f"{users}/{user}", 204, {"firstName": "Ann {n}"}),
        Request("read a tenant", "GET", f"/tenants/{tenant}", 200),
        Request("list tenants by a filter", "GET", _filtered("/tenants", where={"status": 1}, limit=20), 200),
        Request("list 20 users", "GET", _filtered(users, limit=20), 200),
        Request("list roles with their members", "GET",
                _filtered(f"/tenants/{tenant}/roles", limit=5, include=["userTenants"], where={"name": "admin"}), 200),
        Request("refuse a body", "POST", users, 422, {"firstName": 1}),
        Request("refuse a stranger", "GET", users, 401, token=False),
    ]  # fmt: skip


class Service:
    """The service under callgrind."""

    def __init__(self, program: str, place: Path) -> None:
        self._place = place
        self._environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(place / "data"),
            "LOG_LEVEL": "off",
            "PORT": "0",
            # One thread to answer with: how many of them wait for each other is chance.
            "TOKIO_WORKER_THREADS": "1",
        }
        self._program = program
        self._number = 0

    def command(self, *arguments: str) -> str:
        """Runs a command of the program to its end."""
        return subprocess.run(
            [self._program, *arguments], env=self._environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    @contextmanager
    def serving(self, token: str) -> Iterator[None]:
        """Serves meanwhile."""
        outcome = self._place / "callgrind.out"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={outcome}", "--quiet"]
        process = subprocess.Popen(
            [*valgrind, self._program, "serve"], env=self._environment, stdout=subprocess.PIPE, text=True
        )
        try:
            self._pid = str(process.pid)
            self._token = token
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port(process), timeout=_START)
            yield
        finally:
            process.terminate()
            process.wait()

    def _port(self, process: "subprocess.Popen[str]") -> int:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                return int(found[1])
        raise SystemExit("the service does not serve")

    def count(self, request: Request) -> int:
        """Instructions of one such request, on average."""
        self._send(request, WARM_UP)
        self._control("--zero")
        self._send(request, COUNTED)
        for old in self._place.glob("callgrind.out*"):
            old.unlink()
        self._control(f"--dump={request.name.replace(' ', '-')}")
        return _instructions(lambda: self._place.glob("callgrind.out*")) // COUNTED

    def _control(self, option: str) -> None:
        subprocess.run(["callgrind_control", option, self._pid], check=True, stdout=subprocess.DEVNULL)

    def _send(self, request: Request, times: int) -> None:
        headers = {"Content-Type": "application/json"} if request.body else {}
        if request.token:
            headers["Authorization"] = f"Bearer {self._token}"
        for _ in range(times):
            self._number += 1
            body = json.dumps(request.body).replace("{n}", str(self._number)) if request.body else None
            self._connection.request(request.method, request.path, body, headers)
            response = self._connection.getresponse()
            answer = response.read()
            if response.status != request.status:
                raise SystemExit(f"{request.name}: {response.status} {answer.decode()}")


def _instructions(dumps: Callable[[], Iterator[Path]]) -> int:
    """The total of the dump, which may take a moment to be there."""
    for _ in range(100):
        for dump in dumps():
            if found := re.search(r"^(?:summary|totals): (\d+)", dump.read_text(), re.MULTILINE):
                return int(found[1])
        time.sleep(0.1)
    raise SystemExit("callgrind has written nothing")


def main(program: str, bless: bool) -> None:
    """Counts, and compares or writes the baseline."""
    with tempfile.TemporaryDirectory() as directory:
        service = Service(program, Path(directory))
        service.command("bootstrap")
        token = service.command("token", "--master").strip()
        tenant = json.loads(service.command("tenant", "list", "--output", "json"))[0]["id"]
        role = json.loads(service.command("role", "list", "--output", "json"))[0]["id"]
        user = json.loads(service.command("user", "list", "--output", "json"))[0]["id"]
        with service.serving(token):
            counted = {request.name: service.count(request) for request in requests(tenant, role, user)}
    if bless:
        BASELINE.write_text(json.dumps(counted, indent=2) + "\n")
    known = json.loads(BASELINE.read_text())
    worse = []
    for name, count in counted.items():
        change = count / known[name] - 1 if name in known else float("inf")
        print(f"{name:<32}{count:>12,} instructions{change:>+9.1%}")
        if change > TOLERANCE:
            worse.append(name)
    if worse:
        raise SystemExit(f"more than {TOLERANCE:.0%} more: {', '.join(worse)}; if that is meant, use --bless")


if __name__ == "__main__":
    main(sys.argv[1], "--bless" in sys.argv[2:])
