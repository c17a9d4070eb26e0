"""An issuer of tokens that gives its keys once, and from then on accepts connections and never answers."""

import json
import socket
import threading

import jwt

from bench.caller import KEY_ID, Keys


class Issuer:
    """A server of a key set; `silent` makes it stop answering."""

    def __init__(self, keys: Keys) -> None:
        algorithm = jwt.algorithms.RSAAlgorithm("RS256")
        key = json.loads(algorithm.to_jwk(algorithm.prepare_key(keys.public)))
        self._body = json.dumps({"keys": [{**key, "kid": KEY_ID, "alg": "RS256", "use": "sig"}]}).encode()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        # They are kept open: a client that is hung up on knows that no answer comes.
        self._kept: list[socket.socket] = []
        self.silent = False
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/keys"

    def _run(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.silent:
                self._kept.append(connection)
                continue
            connection.recv(65_536)
            head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
            head += f"content-length: {len(self._body)}\r\n\r\n"
            connection.sendall(head.encode() + self._body)
            connection.close()
