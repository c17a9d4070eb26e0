"""The sections that say how it was measured, for whoever wants to do it again."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Protocol

from bench.report.bar import NAMES
from bench.report.figures import Figures
from bench.report.markdown import NOTHING, number, table
from bench.results import Results
from bench.work import Side


def differences(results: Results, _: Figures) -> str:
    """Where answers are not the same."""
    text = "## Answers\n\nBefore anything was measured, every answer was compared with ours on PostgreSQL, and every answer\nto the clients was a success. "
    titles = {work.name: work.title for work in results.works}
    lines = [f"- {titles[name]}: {found}" for name, list_ in results.differences.items() for found in list_]
    if not lines:
        return text + "All were equal.\n"
    return text + "All were equal but for these:\n\n" + "\n".join(lines) + "\n"


def machine(results: Results, _: Figures) -> str:
    """Who measures anew should know on what."""
    facts = busyness(results.machine, results.before, results.runs)
    return (
        "## Machine, data and versions\n\n"
        + table(("Machine", ""), facts.items(), texts=2)
        + "\n"
        + table(("Data, the same in every database", ""), results.data.items(), texts=2)
        + "\n"
        + table(("Version", ""), results.versions.items(), texts=2)
    )


class Disturbed(Protocol):
    """A run that says what else the machine did."""

    @property
    def load(self) -> float: ...

    @property
    def others(self) -> float: ...

    @property
    def stolen(self) -> float: ...


def busyness(machine: Mapping[str, str], before: Mapping[str, float], runs: Sequence[Disturbed]) -> dict[str, str]:
    """The machine, and what else it did before the runs and meanwhile."""
    loads = [run.load for run in runs]
    others = [run.others for run in runs]
    stolen = [run.stolen for run in runs]
    return {
        **machine,
        "load average before": str(before["load"]),
        "load average during the runs": f"{median(loads):.2f} ({min(loads):.2f}–{max(loads):.2f})",
        "cores at other work before": f"{before['others']:.2f}",
        "cores at other work during the runs": f"{median(others):.2f} ({min(others):.2f}–{max(others):.2f})",
        "cores kept by the host during the runs": f"{median(stolen):.2f} ({min(stolen):.2f}–{max(stolen):.2f})",
    }


def settings(results: Results, _: Figures) -> str:
    """Of the database and of the services."""
    titles = {"postgres": "PostgreSQL"} | {str(side): name for side, name in NAMES.items()}
    text = "## Settings\n\nThose that differ from the defaults; the clients are on the same machine, and speak to loopback.\n\n"
    for name, values in results.settings.items():
        lines = "\n".join(f"{key}={value}" for key, value in values.items())
        text += f"{titles[name]}:\n\n```ini\n{lines}\n```\n\n"
    return text.rstrip() + "\n"


def commands(results: Results, _: Figures) -> str:
    """As they were typed."""
    text = "## Commands\n\nOne run of each; wrk's is the same for every service.\n\n"
    blocks = []
    for work in results.works:
        found = results.commands.get(work.name, {})
        lines = dict.fromkeys(found[side] for side in (Side.OURS, Side.REFERENCE) if side in found)
        if lines:
            blocks.append(f"# {work.title}\n" + "\n".join(lines))
    return text + "```console\n" + "\n\n".join(blocks) + "\n```\n"


def runs(results: Results, figures: Figures) -> str:
    """Each run by itself."""
    text = "## Runs\n\nRequests a second in each round; latencies are in milliseconds, medians over the rounds.\n\n"
    lines = []
    for work in results.works:
        for side in Side:
            found = figures.runs(work.name, side)
            if not found:
                continue
            rates = ", ".join(number(run.rate) + ("†" if run.busy else "") + ("‡" if run.few else "") for run in found)
            lines.append(
                (
                    f"{work.title}: {NAMES[side]}",
                    rates,
                    f"{median(run.seconds for run in found):.1f}",
                    number(median(run.mean for run in found)),
                    _percentile([run.p50 for run in found]),
                    _percentile([run.p99 for run in found]),
                )
            )
    return text + table(("Work", "Rounds", "Seconds each", "Mean", "50 %", "99 %"), lines)


def _percentile(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return number(median(known)) if known else NOTHING
