"""The raw results: what a measurement writes, and all that the document is made from."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.work import Side

FORMAT = 1


@dataclass(frozen=True)
class Description:
    """What a reader must know of one kind of work."""

    name: str
    title: str
    family: str
    writes: bool
    members: int | None
    page: str | None
    included: int


@dataclass(frozen=True)
class Run:
    """One run of a client against one target."""

    work: str
    side: Side
    round: int
    requests: int
    seconds: float
    # Requests a second; with `few`, those in flight at the end are counted as answered.
    rate: float
    few: bool
    # Latencies in milliseconds.
    mean: float
    p50: float | None
    p99: float | None
    # Processor seconds during the run.
    service: float
    database: float
    client: float
    # Cores at work that was not ours, and cores that the host kept.
    others: float
    stolen: float
    busy: bool
    load: float


@dataclass(frozen=True)
class Statement:
    """One statement that the database was sent, over some requests."""

    query: str
    calls: int
    rows: int
    # Mean, in milliseconds, on one connection.
    milliseconds: float


@dataclass(frozen=True)
class Statements:
    """What the database was sent for one kind of work."""

    work: str
    side: Side
    requests: int
    statements: list[Statement]


@dataclass
class Results:
    """Everything that was measured, told or chosen."""

    mode: str
    started: str
    complete: bool
    machine: dict[str, str]
    versions: dict[str, str]
    # Name of the target to its settings.
    settings: dict[str, dict[str, str]]
    data: dict[str, str]
    # Cores at foreign work, and the load average, before anything was started.
    before: dict[str, float]
    # The works in the order of the table.
    works: list[Description]
    runs: list[Run] = field(default_factory=list)
    # A command of each work and side, as typed.
    commands: dict[str, dict[str, str]] = field(default_factory=dict)
    # What went wrong, by work and side: there are no figures of these.
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    # Where answers are not the same, by work.
    differences: dict[str, list[str]] = field(default_factory=dict)
    # Seconds of each start.
    starts: dict[str, list[float]] = field(default_factory=dict)
    # Bytes, by side: idle, under load, after it; resident and anonymous.
    memory: dict[str, dict[str, int]] = field(default_factory=dict)
    # Bytes and files.
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    statements: list[Statements] = field(default_factory=list)

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n")

    @staticmethod
    def read(file: Path) -> "Results":
        values = json.loads(file.read_text())
        if values.pop("format") != FORMAT:
            raise ValueError(f"{file} was written by another version of this program")
        values["works"] = [Description(**work) for work in values["works"]]
        values["runs"] = [Run(**run | {"side": Side(run["side"])}) for run in values["runs"]]
        values["statements"] = [
            Statements(
                one["work"], Side(one["side"]), one["requests"], [Statement(**each) for each in one["statements"]]
            )
            for one in values["statements"]
        ]
        return Results(**values)
