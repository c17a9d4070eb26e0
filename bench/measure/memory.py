"""Memory of a service: idle, its highest under load, and after it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bench.targets.base import Target

_INTERVAL = 0.1


class MemoryLog:
    """The memory of one target over the whole measurement, in bytes."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def note(self, target: Target, when: str) -> None:
        """What it holds now."""
        found = target.memory()
        if found is not None:
            self._higher(f"{when} resident", found.resident)
            self._higher(f"{when} anonymous", found.anonymous)

    @contextmanager
    def watching(self, target: Target) -> Iterator[None]:
        """Notes the highest while the block runs."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(_INTERVAL):
                self.note(target, "load")

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _higher(self, name: str, value: int) -> None:
        self.values[name] = max(value, self.values.get(name, 0))
