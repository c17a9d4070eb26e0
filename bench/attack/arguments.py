"""The command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from bench.places import PROGRAM, ROOT

# Of one stretch, with hostile clients or without.
SECONDS = 10

_EXAMPLES = """\
examples:
  bench/hostile                          four minutes; docs/hostile.md
  bench/hostile --seconds 3              a minute and a half: to see that all works
  bench/hostile --binary /tmp/other/user-tenant-service --output /tmp/hostile.md

The program is not built: `cargo build --release` before. Let nothing else run meanwhile. All traffic stays on
127.0.0.1, and everything that is started ends with the command. The exit code is 1 where a line misses the bar.
"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for."""

    binary: Path
    seconds: int
    output: Path


def parse(words: list[str] | None = None) -> Arguments:
    """Reads the command line; a mistake in it ends the program."""
    parser = argparse.ArgumentParser(
        prog="bench/hostile",
        description="Runs hostile clients beside a steady load, and measures what is left of it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=int, default=SECONDS, metavar="N", help=f"of a stretch (default: {SECONDS})")
    parser.add_argument(
        "--binary", type=Path, default=PROGRAM, metavar="PATH", help="default: target/release/user-tenant-service"
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "docs/hostile.md", metavar="FILE", help="default: docs/hostile.md"
    )
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # the command line alone
    found = parser.parse_args(words)
    if not 1 <= found.seconds <= 60:
        parser.error("--seconds: from 1 to 60")
    if not found.binary.is_file():
        parser.error(f"--binary: {found.binary} is no file; build it with  cargo build --release")
    if found.check:
        parser.exit()
    return Arguments(found.binary.resolve(), found.seconds, found.output.resolve())
