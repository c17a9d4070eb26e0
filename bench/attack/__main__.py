"""The program behind `bench/hostile`."""

import argparse
from pathlib import Path

from bench.attack import campaign, stage
from bench.children import PLACE, PROGRAM, ROOT, enter


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench/hostile", description="Runs hostile clients beside a steady load, and measures what is left of it.",
        epilog="All traffic stays on 127.0.0.1. The exit code is 1 where a line misses the bar.",
    )  # fmt: skip
    add = parser.add_argument
    add("--seconds", type=int, choices=range(1, 61), metavar="N", help="of a stretch (default: 10; 1 in a trial)")
    add("--binary", type=Path, default=PROGRAM, metavar="PATH", help="default: target/release/user-tenant-service")
    add("--output", type=Path, metavar="FILE", help="default: docs/hostile.md; of a trial target/bench/hostile.md")
    add("--trial", action="store_true", help="a minute, held to memory and answers alone")
    asked = parser.parse_args()
    if not asked.binary.is_file():
        parser.error(f"--binary: {asked.binary} is no file; build it with  cargo build --release")
    seconds = asked.seconds or (1 if asked.trial else 10)
    stages = campaign.run(asked.binary.resolve(), seconds, 2 if asked.trial else 6)
    document = (asked.output or (PLACE if asked.trial else ROOT / "docs") / "hostile.md").resolve()
    stage.write(stages, document, seconds)
    print(stage.shown(stages), document, sep="\n")
    return 0 if all(one.holds(trial=asked.trial) for one in stages) else 1


if __name__ == "__main__":
    enter(main)
