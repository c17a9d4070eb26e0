"""Probes as an orchestrator sends them: the health page, twenty times a second, each on a connection of its own."""

import http.client
import threading
import time

_PAUSE = 0.05
# Seconds after which an orchestrator has long given up.
_PATIENCE = 10


class Probes:
    """Times the health page until it is left."""

    def __init__(self, port: int) -> None:
        self.milliseconds: list[float] = []
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Probes":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def worst(self) -> float:
        return max(self.milliseconds)

    @property
    def p99(self) -> float:
        return sorted(self.milliseconds)[int(len(self.milliseconds) * 0.99)]

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.perf_counter()
            took = _PATIENCE * 1000.0
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
            try:
                connection.request("GET", "/health/live")
                if connection.getresponse().status == 200:
                    took = (time.perf_counter() - began) * 1000
            except OSError:
                pass  # as bad as one that is never answered
            finally:
                connection.close()
            self.milliseconds.append(took)
            self._stop.wait(_PAUSE)
