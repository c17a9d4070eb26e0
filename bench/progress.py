"""Says on standard error what is being done, and how long it will take."""

import sys
import time


class Progress:
    """Lines of progress."""

    def __init__(self, budget: float) -> None:
        self._began = time.monotonic()
        self._budget = budget

    def say(self, text: str) -> None:
        print(f"{self._clock(self.passed)}  {text}", file=sys.stderr, flush=True)

    def run(self, text: str, done: int, of: int, ends_in: float) -> None:
        """One run is over; `ends_in` seconds from now all of them are, but not later than the budget says."""
        self.say(f"[{done:>{len(str(of))}}/{of}] {text}, {self._clock(max(0.0, min(ends_in, self.left)))} left")

    @property
    def passed(self) -> float:
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Of the budget, in seconds."""
        return self._budget - self.passed

    @staticmethod
    def _clock(seconds: float) -> str:
        return f"{int(seconds) // 60:d}:{int(seconds) % 60:02d}"
