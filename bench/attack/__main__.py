"""The program behind `bench/hostile`."""

from bench.attack.arguments import parse
from bench.entry import run


def main() -> int:
    arguments = parse()
    # What follows needs packages that --help must not.
    from bench.attack import campaign, report

    stages = campaign.run(arguments.binary, arguments.seconds, arguments.rounds)
    print(report.table(stages))
    report.write(stages, arguments)
    print(arguments.output)
    return 0 if all(stage.works if arguments.trial else stage.holds for stage in stages) else 1


if __name__ == "__main__":
    run(main)
