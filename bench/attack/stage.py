"""What a stage has found, and the bar that it is held against."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import mean, median

# The bar: of the quiet rate, in milliseconds, in MB.
RATE = 0.9
PROBE = 100.0
MEMORY = 200.0


@dataclass(frozen=True)
class Stretch:
    """One run of the steady load with its probes."""

    rate: float
    refused: int
    worst: float
    p99: float
    # What the hostile clients counted.
    counts: dict[str, int]


@dataclass
class Stage:
    """All stretches of one kind of client."""

    kind: str
    # Without hostile clients.
    alone: list[Stretch] = field(default_factory=list)
    # With hostile clients of the bystander: what they cost the machine, whoever is asked.
    elsewhere: list[Stretch] = field(default_factory=list)
    # With hostile clients of the service.
    hostile: list[Stretch] = field(default_factory=list)
    # The most memory, in MB.
    resident: float = 0.0

    @property
    def ratio(self) -> float:
        """Of the rate beside the clients of the bystander, what is left beside those of the service."""
        return _ratio(self.elsewhere, self.hostile)

    @property
    def machine(self) -> float:
        """Of the rate without hostile clients, what those of the bystander leave."""
        return _ratio(self.alone, self.elsewhere)

    @property
    def before(self) -> float:
        return mean(stretch.rate for stretch in self.alone)

    @property
    def worst(self) -> float:
        return max(stretch.worst for stretch in self.hostile)

    @property
    def p99(self) -> float:
        return max(stretch.p99 for stretch in self.hostile)

    @property
    def quiet_worst(self) -> float:
        return max(stretch.worst for stretch in self.alone)

    @property
    def refused(self) -> int:
        return sum(stretch.refused for stretch in self.hostile)

    @property
    def counts(self) -> Counter[str]:
        return sum((Counter(stretch.counts) for stretch in self.hostile), Counter[str]())

    @property
    def holds(self) -> bool:
        """Whether each line of the bar is met."""
        return self.works and self.ratio >= RATE and self.worst <= PROBE

    @property
    def works(self) -> bool:
        """Whether those lines are met in which no time is measured, and the hostile clients were there."""
        return self.resident <= MEMORY and self.refused == 0 and self.counts.total() > 0


def _ratio(first: list[Stretch], second: list[Stretch]) -> float:
    """Taken within a round: a machine is not as fast in the next one."""
    return median(after.rate / before.rate for before, after in zip(first, second, strict=True))
