"""How a command of this directory ends: with its code, or with what went wrong in a line."""

import signal
import sys
from collections.abc import Callable

from bench.children import Failure


def run(main: Callable[[], int]) -> None:
    """Runs it; SIGTERM ends it as Ctrl-C does, so that every process that it began ends too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit("stopped")
