"""What one run of a client found."""

from dataclasses import dataclass

# Where the clients have not been answered this many times over, what was still in flight counts.
_FEW = 10


@dataclass(frozen=True)
class Sample:
    """One run of wrk or pgbench."""

    # As typed, with names for what differs from run to run.
    command: str
    requests: int
    seconds: float
    connections: int
    # Latencies in milliseconds; pgbench knows the mean alone.
    mean: float
    p50: float | None
    p99: float | None
    # Processor time of the client.
    client: float

    @property
    def few(self) -> bool:
        """Whether the clock stopped before each connection was answered some times."""
        return self.requests < _FEW * self.connections

    @property
    def rate(self) -> float:
        """Requests a second. The clock of wrk stops with a request of each connection under way: where that matters,
        these count as answered, which is in favour of whoever is slow."""
        return (self.requests + (self.connections if self.few else 0)) / self.seconds
