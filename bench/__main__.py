"""The program behind `bench/run`."""

import argparse
import signal
from pathlib import Path

from bench.children import PLACE, ROOT, Failure, enter
from bench.work import Side, works

_EXAMPLES = """\
examples:
  bench/run                           four minutes; the document in target/bench/results.md
  bench/run --only users-1000 tenant  some work, in the same time
  bench/run --full                    forty minutes; docs/benchmarks.md
  bench/run --before /tmp/old/user-tenant-service --sides ours reference --only create-user
                                      another build of the service in the same rounds, without the original
  bench/run --report                  docs/benchmarks.md again, from the raw results of the last --full

BENCH_PROGRAM names a program that is measured, instead of one that is built before. Raw results are in
target/bench/results. Let nothing else run meanwhile: a figure from a busy machine says so.
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Measures the service, the original and the database itself, side by side.",
        epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add, sides = parser.add_argument, [str(side) for side in Side if not side.startswith("before")]
    add("--full", action="store_true", help="all sizes, in 40 minutes instead of 4")
    add("--rounds", type=int, choices=range(1, 100), metavar="N", help="how often each is measured (2, or 5 with --full)")
    add("--minutes", type=int, choices=range(1, 600), metavar="N", help="in another time")
    add("--only", nargs="+", default=[], metavar="WORK", help="names of work, their starts, or patterns of them")
    add("--before", type=Path, metavar="PROGRAM", help="another build of the service, measured in the same rounds")
    add("--sides", nargs="+", default=sides, choices=sides, help="who is measured; ours always is")
    add("--output", type=Path, metavar="FILE", help="of the document (default: docs/benchmarks.md of all of --full)")
    add("--report", action="store_true", help="measure nothing: write the document from its raw results")
    add("--list", action="store_true", help="name all work, and measure nothing")
    asked = parser.parse_args()
    chosen = works(asked.only, full=asked.full or asked.list)
    if not chosen:
        raise Failure(f"no work is called {' or '.join(asked.only)} in this mode; --list names all")
    if asked.before and not asked.before.is_file():
        parser.error(f"--before: {asked.before} is no file")
    if asked.list:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader that has seen enough is no failure
        print("\n".join(f"{work.name:<24}{work.title}" for work in chosen))
        return 0
    # What follows needs packages that --help and --list must not.
    from bench import campaign
    from bench.report import benchmarks
    from bench.session import Results

    asked_for = {Side(name) for name in asked.sides} | {Side.OURS}
    complete = not asked.only and not asked.before and len(asked_for) == len(sides)
    published = asked.report or (asked.full and complete)
    document = (asked.output or (ROOT / "docs/benchmarks.md" if published else PLACE / "results.md")).resolve()
    if not asked.report:
        minutes, before = asked.minutes or (40 if asked.full else 4), asked.before and asked.before.resolve()
        results = campaign.run(minutes, asked.full, asked.rounds, chosen, asked_for, before)
        results.complete = complete
        results.write(document)
    results = Results.read(document)
    benchmarks.write(results, document)
    print(document)
    return 1 if results.failures else 0


if __name__ == "__main__":
    enter(main)
