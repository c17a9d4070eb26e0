"""The program behind `bench/run`."""

import signal

from bench import plan
from bench.arguments import parse
from bench.children import Failure
from bench.entry import run


def main() -> int:
    arguments = parse()
    works = plan.works(plan.FULL if arguments.list else arguments.mode, arguments.only)
    if not works:
        raise Failure(f"no work of this mode is called {' or '.join(arguments.only)}; --list names all")
    if arguments.list:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader that has seen enough is no failure
        for work in works:
            print(f"{work.name:<24}{work.title}")
        return 0
    # What follows needs packages that --help and --list must not.
    from bench import campaign
    from bench.report import document
    from bench.results import Results

    raw = arguments.output / "results.json"
    if not arguments.report:
        campaign.run(arguments.mode, arguments.only).write(raw)
    if not raw.exists():
        raise Failure(f"{raw} does not exist: measure first")
    results = Results.read(raw)
    print(document.write(results, arguments.output))
    return 1 if results.failures else 0


if __name__ == "__main__":
    run(main)
