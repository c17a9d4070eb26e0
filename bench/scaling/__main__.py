"""The program behind `bench/scale`."""

from bench.children import Failure
from bench.entry import run
from bench.scaling.arguments import parse


def main() -> int:
    arguments = parse()
    # What follows needs packages that --help must not.
    from bench.scaling import campaign
    from bench.scaling.report import document
    from bench.scaling.results import Results

    raw = arguments.output / "results.json"
    if not arguments.report:
        campaign.run(arguments.mode).write(raw)
    if not raw.exists():
        raise Failure(f"{raw} does not exist: measure first")
    results = Results.read(raw)
    print(document.write(results, arguments.output))
    return 1 if results.failures or any(check.wrong for check in results.checks) else 0


if __name__ == "__main__":
    run(main)
