"""The sections that say how it was measured, for whoever wants to do it again."""

from bench.report.details import busyness
from bench.report.markdown import table
from bench.scaling.points import TITLES
from bench.scaling.report.figures import Figures


def machine(figures: Figures) -> str:
    """Who measures anew should know on what."""
    results = figures.results
    facts = busyness(results.machine, results.before, results.runs) if results.runs else results.machine
    took = {
        "loading": f"{results.took['loading']:.0f} s",
        "each run": f"{results.took['each run']:.0f} s",
        "runs": f"{len(results.runs)}",
        "all": f"{results.took['all'] / 60:.1f} minutes",
    }
    return (
        "## Machine, data and versions\n\n"
        + "\n".join(
            table((name, ""), values.items(), texts=2)
            for name, values in (
                ("Machine", facts), ("Data", results.data), ("Time", took), ("Version", results.versions),
            )
        )
    )  # fmt: skip


def settings(figures: Figures) -> str:
    """Of the database and of the service."""
    text = "## Settings\n\nThose that differ from the defaults; all is on the same machine, and speaks to loopback.\n\n"
    for name, values in figures.results.settings.items():
        lines = "\n".join(f"{key}={value}" for key, value in values.items())
        text += f"{name}:\n\n```ini\n{lines}\n```\n\n"
    return text.rstrip() + "\n"


def commands(figures: Figures) -> str:
    """As they were typed."""
    blocks = [
        f"# {part}: {TITLES[kind]}\n{command}"
        for part, found in figures.results.commands.items()
        for kind, command in found.items()
    ]
    return "## Commands\n\nThe first one of each kind.\n\n```console\n" + "\n\n".join(blocks) + "\n```\n"
