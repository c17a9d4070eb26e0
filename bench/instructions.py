"""Counts the instructions that requests take, with callgrind; `scripts/instructions.sh` runs it."""

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from string import Template
from urllib.parse import urlencode

_BASELINE = Path(__file__).with_name("instructions.json")
_TOLERANCE = 0.15  # tables that grow, caches that expire and threads that meet make some noise
_WARM_UP, _COUNTED = 20, 200  # what is prepared and remembered once is there when it counts


def _told(*command: str, environment: dict[str, str] | None = None) -> str:
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


class _Service:
    """The service under callgrind, while it serves."""

    def __init__(self, program: str, place: Path, environment: dict[str, str], token: str) -> None:
        self._place = place
        self._token = token
        self._number = 0
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={place / 'callgrind.out'}", "--quiet"]
        # One thread to answer with: how many of them wait for each other is chance.
        told = {**environment, "PORT": "0", "TOKIO_WORKER_THREADS": "1"}
        self.process = subprocess.Popen([*valgrind, program, "serve"], env=told, stdout=subprocess.PIPE, text=True)
        lines = (re.search(r"http://127\.0\.0\.1:(\d+)", line) for line in self.process.stdout or ())
        port = next(int(found[1]) for found in lines if found)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def count(self, request: dict[str, str]) -> int:
        """Instructions of one such request, on average."""
        self._send(request, _WARM_UP)
        _told("callgrind_control", "--zero", str(self.process.pid))
        self._send(request, _COUNTED)
        for old in self._place.glob("callgrind.out*"):
            old.unlink()
        _told("callgrind_control", f"--dump={request['name'].replace(' ', '-')}", str(self.process.pid))
        for _ in range(100):
            # It may take a moment to be there.
            for dump in self._place.glob("callgrind.out*"):
                if found := re.search(r"^(?:summary|totals): (\d+)", dump.read_text(), re.MULTILINE):
                    return int(found[1]) // _COUNTED
            time.sleep(0.1)
        raise SystemExit("callgrind has written nothing")

    def _send(self, request: dict[str, str], times: int) -> None:
        wanted, headers = int(request.get("status", 200)), {"Content-Type": "application/json"}
        if "body" not in request:
            headers = {}
        if wanted != 401:
            headers["Authorization"] = f"Bearer {self._token}"
        for _ in range(times):
            self._number += 1
            body = request["body"].replace("{n}", str(self._number)) if "body" in request else None
            self._connection.request(request.get("method", "GET"), request["path"], body, headers)
            response = self._connection.getresponse()
            answer = response.read()
            if response.status != wanted:
                raise SystemExit(f"{request['name']}: {response.status} {answer.decode()}")


def _counted(program: str, place: Path) -> dict[str, int]:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(place / "data"), "LOG_LEVEL": "off"}
    _told(program, "bootstrap", environment=environment)
    ids, counted = {}, {}
    for what in ("tenant", "role", "user"):
        listed = _told(program, what, "list", "--output", "json", environment=environment)
        ids[what] = json.loads(listed)[0]["id"]
    token = _told(program, "token", "--master", environment=environment).strip()
    service = _Service(program, place, environment, token)
    try:
        for request in tomllib.loads(_BASELINE.with_suffix(".toml").read_text())["request"]:
            told = {name: Template(str(value)).substitute(ids) for name, value in request.items()}
            told["path"] += f"?{urlencode({'filter': told['filter']})}" if "filter" in told else ""
            counted[told["name"]] = service.count(told)
    finally:
        service.process.terminate()
        service.process.wait()
    return counted


def main(program: str, bless: bool) -> None:
    """Counts, and compares or writes the baseline."""
    with tempfile.TemporaryDirectory() as directory:
        counted = _counted(program, Path(directory))
    if bless:
        _BASELINE.write_text(json.dumps(counted, indent=2) + "\n")
    known = json.loads(_BASELINE.read_text())
    changes = {name: count / known.get(name, 1e-9) - 1 for name, count in counted.items()}
    for name, change in changes.items():
        print(f"{name:<32}{counted[name]:>12,} instructions{change:>+9.1%}")
    if worse := [name for name, change in changes.items() if change > _TOLERANCE]:
        raise SystemExit(f"more than {_TOLERANCE:.0%} more: {', '.join(worse)}; if that is meant, use --bless")


if __name__ == "__main__":
    main(sys.argv[1], "--bless" in sys.argv[2:])
