"""Processes that end with ours, whatever ends it."""

import ctypes
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Failure(Exception):
    """What makes a measurement worthless; its text is for whoever started it."""


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def start(
    command: Sequence[str], environment: Mapping[str, str], directory: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Starts a process with this environment and no more, in a session of its own: Ctrl-C reaches only us."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], **environment},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, kindly first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def output_of(command: Sequence[str], text: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Runs a command to its end and returns its output; a failure says what the command said."""
    run = subprocess.run(
        command,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )
    if run.returncode != 0:
        raise Failure(f"{command[0]} failed:\n{run.stdout}{run.stderr}")
    return run.stdout


def client_seconds() -> float:
    """Processor time of all commands that have been run to their end."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def wait_until_quiet(cpu_seconds: Callable[[], float], most: float = 120.0) -> None:
    """Waits until a process has stopped working on what it was asked for."""
    end = time.monotonic() + most
    before = cpu_seconds()
    while time.monotonic() < end:
        time.sleep(0.05)
        now = cpu_seconds()
        if now - before < 0.02:
            return
        before = now
    raise Failure("a process is still at work, long after the last request")
