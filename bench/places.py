"""Where things are, and how their places are written for readers of the results."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
# `bench/run` sets these.
PLACE = Path(os.environ.get("BENCH_PLACE", ROOT / "target/bench"))
PROGRAM = Path(os.environ.get("BENCH_PROGRAM", ROOT / "target/release/user-tenant-service"))
POSTGRES_BIN = Path(os.environ.get("BENCH_POSTGRES_BIN", "/usr/bin"))
# A directory with the original's packages and its host application.
ORIGINAL = PLACE / "original"


def shown(command: Sequence[str], names: Mapping[str, str]) -> str:
    """A command as it is documented: relative paths, and names where values differ from run to run."""
    text = shlex.join(command)
    for value, name in {**names, f"{POSTGRES_BIN}/": "", f"{ROOT}/": ""}.items():
        text = text.replace(value, name)
    return text
