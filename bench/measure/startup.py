"""The time from the start of a process to its first answer."""

from bench.targets.service import Service
from bench.work import WORKS


def starts(service: Service, times: int) -> list[float]:
    """Starts a service so many times, its database there, and leaves it running; seconds to the first answer with rows,
    which needs the database and a verified token."""
    found = []
    for _ in range(times):
        service.stop()
        found.append(round(service.start(WORKS[0]), 4))
    return found
