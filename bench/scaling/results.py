"""The raw results: what a measurement writes, and all that the document is made from."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

FORMAT = 1


@dataclass(frozen=True)
class Run:
    """One run of the clients."""

    part: str
    kind: str
    # Members, tenants, connections, or connections of the pool: what the part follows.
    at: int
    variant: str
    round: int
    connections: int
    requests: int
    # From the start of the clients to their end, for the processor time; rates are by the clients' own clocks.
    taken: float
    rate: float
    few: bool
    # Latencies in milliseconds; of several clients the mean, and the highest of their 99 %.
    mean: float
    p50: float
    p99: float
    # Processor seconds during the run: service, database, pooler, client.
    cpu: dict[str, float]
    # Cores with nothing to do, at work that was not ours, and kept by the host.
    idle: float
    others: float
    stolen: float
    busy: bool
    load: float


@dataclass(frozen=True)
class Check:
    """A question about two processes, and how often the answer was another one than it should be."""

    question: str
    tried: int
    wrong: int


@dataclass(frozen=True)
class Setup:
    """PgBouncer with some settings, and whether the service works through it."""

    title: str
    # Lines of pgbouncer.ini.
    settings: dict[str, str]
    # Whether `migrate up` makes the schema.
    migrates: bool
    # Requests that were answered as they should be, and what went wrong; empty if nothing did.
    requests: int
    failure: str
    # Of the server's connections, those that had all settings of the service: after a load, and after they were opened
    # anew. Nothing where each client has a connection of its own, or where nothing works.
    looked_at: int | None
    kept: int | None
    kept_anew: int | None


@dataclass
class Results:
    """Everything that was measured, told or chosen."""

    mode: str
    started: str
    machine: dict[str, str]
    versions: dict[str, str]
    settings: dict[str, dict[str, str]]
    data: dict[str, str]
    # Cores at foreign work, and the load average, before anything was started.
    before: dict[str, float]
    # Seconds: of loading, of each run, of all.
    took: dict[str, float] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    # A command of each part and kind, as typed.
    commands: dict[str, dict[str, str]] = field(default_factory=dict)
    # Members before and after users were created, by members that the tenant was loaded with.
    grown: dict[str, list[int]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    # Milliseconds until a removed member is refused, by the process that was asked.
    refused_after: dict[str, list[float]] = field(default_factory=dict)
    setups: list[Setup] = field(default_factory=list)
    # Settings that the service makes when it connects, as the server shows them.
    session: dict[str, str] = field(default_factory=dict)
    # What went wrong, by part: its figures are missing.
    failures: dict[str, str] = field(default_factory=dict)

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n")

    @staticmethod
    def read(file: Path) -> "Results":
        values = json.loads(file.read_text())
        if values.pop("format") != FORMAT:
            raise ValueError(f"{file} was written by another version of this program")
        for name, kind in (("runs", Run), ("checks", Check), ("setups", Setup)):
            values[name] = [kind(**one) for one in values[name]]
        return Results(**values)
