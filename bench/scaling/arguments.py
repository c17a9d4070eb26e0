"""The command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from bench.places import PLACE, ROOT
from bench.scaling.plan import FULL, QUICK, Mode

PUBLISHED = ROOT / "docs/scaling"

_EXAMPLES = """\
examples:
  bench/scale                     20 minutes; docs/scaling.md, its plots and raw results
  bench/scale --output /tmp/mine  the same, as /tmp/mine.md and /tmp/mine/
  bench/scale --quick             3 minutes, small sizes and short runs; target/bench/scaling.md: to see that all works
  bench/scale --report            docs/scaling.md again, from its raw results
  BENCH_PROGRAM=/usr/bin/user-tenant-service bench/scale
                                  this program, instead of one that is built before

What is missing is installed with apt-get, or below target/, before the time begins. Let nothing else run meanwhile:
a figure from a busy machine says so. Everything that is started ends with the command.
"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for."""

    mode: Mode
    output: Path
    report: bool


def parse(words: list[str] | None = None) -> Arguments:
    """Reads the command line; a mistake in it ends the program."""
    parser = argparse.ArgumentParser(
        prog="bench/scale",
        description="Measures what requests cost as tenants, members, connections and processes grow.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small sizes and short runs, in 3 minutes")
    parser.add_argument("--report", action="store_true", help="measure nothing: write the document from raw results")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # the command line alone
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where results.json and the plots go, with the document beside it as DIR.md "
        "(default: docs/scaling, of --quick target/bench/scaling)",
    )
    found = parser.parse_args(words)
    if found.check:
        parser.exit()
    mode = QUICK if found.quick else FULL
    default = PLACE / "scaling" if found.quick else PUBLISHED
    return Arguments(mode, (found.output or default).resolve(), found.report)
