"""The command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from bench.places import PLACE, PROGRAM, ROOT

# Of one stretch, with hostile clients or without.
SECONDS = 10
# Of three stretches each.
ROUNDS = 6

_EXAMPLES = """\
examples:
  bench/hostile                          eighteen minutes; docs/hostile.md
  bench/hostile --trial                  a minute: to see that all works
  bench/hostile --binary /tmp/other/user-tenant-service --output /tmp/hostile.md

The program is not built: `cargo build --release` before. Let nothing else run meanwhile. All traffic stays on
127.0.0.1, and everything that is started ends with the command. The exit code is 1 where a line misses the bar; a trial
is held to memory and to answers alone, since times mean nothing on a busy machine.
"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for."""

    binary: Path
    seconds: int
    rounds: int
    output: Path
    trial: bool


def parse(words: list[str] | None = None) -> Arguments:
    """Reads the command line; a mistake in it ends the program."""
    parser = argparse.ArgumentParser(
        prog="bench/hostile",
        description="Runs hostile clients beside a steady load, and measures what is left of it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=int, metavar="N", help=f"of a stretch (default: {SECONDS}; 1 in a trial)")
    parser.add_argument(
        "--binary", type=Path, default=PROGRAM, metavar="PATH", help="default: target/release/user-tenant-service"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: docs/hostile.md"
    )
    parser.add_argument(
        "--trial", action="store_true", help="stretches of a second, and no document unless --output names it"
    )
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # the command line alone
    found = parser.parse_args(words)
    seconds = (1 if found.trial else SECONDS) if found.seconds is None else found.seconds
    if not 1 <= seconds <= 60:
        parser.error("--seconds: from 1 to 60")
    if not found.binary.is_file():
        parser.error(f"--binary: {found.binary} is no file; build it with  cargo build --release")
    if found.check:
        parser.exit()
    output = found.output or (PLACE / "hostile.md" if found.trial else ROOT / "docs/hostile.md")
    rounds = 2 if found.trial else ROUNDS
    return Arguments(found.binary.resolve(), seconds, rounds, output.resolve(), found.trial)
