"""The command line."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from bench.places import PLACE, ROOT
from bench.plan import FULL, QUICK, Mode

PUBLISHED = ROOT / "docs/benchmarks"

_EXAMPLES = """\
examples:
  bench/run                            four minutes; results and document in target/bench
  bench/run --only 'users-*' tenant    some work, in the same time
  bench/run --full                     forty minutes; docs/benchmarks.md, its plots and raw results
  bench/run --full --minutes 20        the same work in half of the time: fewer and shorter runs
  bench/run --report                   docs/benchmarks.md again, from its raw results
  bench/run --list                     the names of all work

What is missing is installed with apt-get, or below target/, before the time begins. Let nothing else run meanwhile:
a figure from a busy machine says so. Everything that is started ends with the command.
"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for."""

    mode: Mode
    only: list[str]
    output: Path
    report: bool
    list: bool


def parse(words: list[str] | None = None) -> Arguments:
    """Reads the command line; a mistake in it ends the program."""
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measures the service, the original and the database itself with the same work, side by side.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_const", const=QUICK, dest="mode", help="in 4 minutes (the default)")
    length.add_argument("--full", action="store_const", const=FULL, dest="mode", help="in 40 minutes")
    parser.add_argument("--minutes", type=_minutes, metavar="N", help="in another time than the mode's")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORK", help="names of work, or patterns of them")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where results.json and the plots go, with the document beside it as DIR.md "
        "(default: docs/benchmarks for all of --full and for --report, else target/bench/results)",
    )
    parser.add_argument(
        "--report", action="store_true", help="measure nothing: write the document from the raw results"
    )
    parser.add_argument("--list", action="store_true", help="name all work, and measure nothing")
    found = parser.parse_args(words)
    mode = found.mode or QUICK
    if found.minutes:
        mode = replace(mode, minutes=found.minutes)
    published = found.report or (mode.name == FULL.name and not found.only)
    output = found.output or (PUBLISHED if published else PLACE / "results")
    return Arguments(mode, found.only, output, found.report, found.list)


def _minutes(text: str) -> int:
    minutes = int(text)
    if minutes < 1:
        raise ValueError(text)
    return minutes
