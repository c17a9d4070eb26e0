"""What the campaign knows of whoever is measured."""

from abc import ABC, abstractmethod

from bench.machine.processes import Memory
from bench.targets.sample import Sample
from bench.work import Side, Work


class Target(ABC):
    """Something that does the work."""

    side: Side
    # Runs of targets that share a database must not use the same numbers.
    database: str

    @abstractmethod
    def run(self, work: Work, seconds: int, first: int) -> Sample:
        """Does the work for some seconds; `first` is a number from which on none has been used yet."""

    def cpu_seconds(self) -> float:
        """Processor time of the service itself."""
        return 0.0

    def memory(self) -> Memory | None:
        """What the service holds."""
        return None
