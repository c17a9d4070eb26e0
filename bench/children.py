"""What every command of this directory shares: places, processes that end with ours, progress, and how it ends."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
# The commands set the variables. What is measured goes to the first, and never into the tree.
PLACE = Path(os.environ.get("BENCH_PLACE", ROOT / "target/bench"))
PROGRAM = Path(os.environ.get("BENCH_PROGRAM", ROOT / "target/release/user-tenant-service")).resolve()
POSTGRES_BIN = Path(os.environ.get("BENCH_POSTGRES_BIN", "/usr/bin"))
# A directory with the original's packages and its host application.
ORIGINAL = PLACE / "original"
_libc = ctypes.CDLL(None)


class Failure(Exception):
    """What makes a measurement worthless; its text is for whoever started it."""


def enter(main: Callable[[], int]) -> None:
    """Runs a command; SIGTERM ends it as Ctrl-C does, so that every process that it began ends too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit("stopped")


def say(text: str) -> None:
    """What is being done, on standard error."""
    print(f"{time.strftime('%T')}  {text}", file=sys.stderr, flush=True)


def _die_with_parent() -> None:
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(command: Sequence[str], environment: Mapping[str, str], place: Path, log: Path) -> "subprocess.Popen[bytes]":
    """Starts a process with this environment and no more, in a session of its own: Ctrl-C reaches only us."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command, env={"PATH": os.environ["PATH"], **environment}, cwd=place, stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True, preexec_fn=_die_with_parent,
        )  # fmt: skip


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process, kindly first."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def output_of(command: Sequence[str], text: str = "", environment: Mapping[str, str] | None = None) -> str:
    """Runs a command to its end and returns its output; a failure says what the command said."""
    run = subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})},
        start_new_session=True, preexec_fn=_die_with_parent,
    )  # fmt: skip
    if run.returncode != 0:
        raise Failure(f"{command[0]} failed:\n{run.stdout}{run.stderr}")
    return run.stdout


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
