"""What runs beside the load in threads: probes of an orchestrator, and an issuer of tokens that falls silent."""

import http.client
import json
import socket
import threading
import time
from contextlib import closing, suppress

import jwt

from bench.service import KEY_ID, Keys

# Seconds; an orchestrator has long given up after so many.
_PAUSE, _PATIENCE = 0.05, 10


class Probes:
    """Times the health page twenty times a second, on a new connection each time, until it is left; milliseconds."""

    def __init__(self, port: int) -> None:
        self._found: list[float] = []
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Probes":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def at(self, share: float) -> float:
        """What so many of the probes took at most."""
        return sorted(self._found)[int((len(self._found) - 1) * share)]

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            began, took = time.perf_counter(), _PATIENCE * 1000.0
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
            # What fails is as bad as what is never answered.
            with suppress(OSError), closing(connection):
                connection.request("GET", "/health/live")
                if connection.getresponse().status == 200:
                    took = (time.perf_counter() - began) * 1000
            self._found.append(took)


class Issuer:
    """Gives its keys once; when it is `silent`, it accepts connections and never answers."""

    def __init__(self, keys: Keys) -> None:
        key = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
        told = json.loads(key.to_jwk(key.prepare_key(keys.public)))
        body = json.dumps({"keys": [{**told, "kid": KEY_ID, "alg": "RS256", "use": "sig"}]})
        head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
        self._answer = f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        # They are kept open: a client that is hung up on knows that no answer comes.
        self._kept: list[socket.socket] = []
        self.silent = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/keys"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.silent:
                self._kept.append(connection)
                continue
            with connection:
                connection.recv(65_536)
                connection.sendall(self._answer)
