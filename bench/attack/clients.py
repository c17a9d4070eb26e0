"""Hostile clients, as a program of their own: so many connections that do one thing until they are told to stop.

    python3 -m bench.attack.clients KIND PORT SECONDS   (the token of a caller in TOKEN)
    python3 -m bench.attack.clients bystander           (another server for them; its port is the line that it prints)

Each connection keeps to a pace, so that what they cost is the service's work more than theirs. At the end one line of
JSON says how often each thing happened.
"""

import asyncio
import base64
import contextlib
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import quote

_COUNTS: Counter[str] = Counter()
_HEAD = "host: 127.0.0.1\r\n"
_LARGE = b"[" * 500_000 + b"]" * 500_000
_ANSWER = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection:
    """A socket that is read only when it is told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.socket()
        # A small window: the answer waits at the service, not with us.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.setblocking(False)

    async def __aenter__(self) -> "Connection":
        await asyncio.get_running_loop().sock_connect(self._socket, ("127.0.0.1", self._port))
        _COUNTS["connections"] += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def answer(self) -> None:
        """Counts the status of one answer, and forgets the rest of it."""
        loop = asyncio.get_running_loop()
        start = await loop.sock_recv(self._socket, 65_536)
        _COUNTS[start[9:12].decode("ascii", "replace") if start.startswith(b"HTTP/") else "closed"] += 1
        while start:
            start = await loop.sock_recv(self._socket, 65_536)


async def slow_reader(port: int, number: int) -> None:
    """Asks for long answers over and over, and reads nothing."""
    token, tenant = os.environ["TOKEN"], os.environ["TENANT"]
    # Most are strangers; what callers may read, they may read often, and a gateway bounds how often.
    include = quote(json.dumps({"include": [{"relation": "tenantConfigs"}]}))
    asked = {0: "/tenants", 1: f"/tenants/{tenant}?filter={include}"}.get(number % 10, "/openapi.json")
    request = f"GET {asked} HTTP/1.1\r\n{_HEAD}authorization: Bearer {token}\r\n\r\n".encode()
    async with Connection(port) as connection:
        for _ in range(30):
            await connection.send(request)
        while True:
            await asyncio.sleep(1)
            await connection.send(request)


async def half_head(port: int, number: int) -> None:
    """Sends a head that is long and never ends."""
    async with Connection(port) as connection:
        await connection.send(f"GET /tenants HTTP/1.1\r\n{_HEAD}name: ".encode() + b"x" * 31_000)
        while True:
            await asyncio.sleep(1)
            await connection.send(b"x")


async def large_body(port: int, number: int) -> None:
    """Sends a megabyte of nested arrays, without a token; four times a second at most."""
    head = f"POST /tenants HTTP/1.1\r\n{_HEAD}content-type: application/json\r\nconnection: close\r\n"
    head += f"content-length: {len(_LARGE)}\r\n\r\n"
    async with Connection(port) as connection:
        await connection.send(head.encode() + _LARGE)
        await connection.answer()
    await asyncio.sleep(0.25)


async def garbage_token(port: int, number: int) -> None:
    """Sends tokens that no key has signed, each with the id of a key of its own; ten times a second at most."""

    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    _COUNTS["tokens"] += 1
    head = part({"alg": "RS256", "kid": f"garbage-{number}-{_COUNTS['tokens']}"})
    token = f"{head}.{part({'iss': 'bench', 'exp': 4_102_444_800})}.{base64.urlsafe_b64encode(bytes(255)).decode()}"
    request = f"GET /tenants HTTP/1.1\r\n{_HEAD}connection: close\r\nauthorization: Bearer {token}\r\n\r\n"
    async with Connection(port) as connection:
        await connection.send(request.encode())
        await connection.answer()
    await asyncio.sleep(0.1)


async def searcher(port: int, number: int) -> None:
    """Searches all long texts for what is in none of them, and hangs up after a second."""
    token, tenant = os.environ["TOKEN"], os.environ["TENANT"]
    conditions = [{"configValue.text": {"like": f"%v%v%v_%c{at}"}} for at in range(32)]
    search = quote(json.dumps({"where": {"or": conditions}, "limit": 1, "fields": ["id"]}))
    request = f"GET /tenants/{tenant}/tenant-configs?filter={search} HTTP/1.1\r\n{_HEAD}"
    async with Connection(port) as connection:
        await connection.send(f"{request}authorization: Bearer {token}\r\n\r\n".encode())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(connection.answer(), 1)


Client = Callable[[int, int], Awaitable[None]]
# How many connections do what.
KINDS: dict[str, list[tuple[Client, int]]] = {
    "slow-readers": [(slow_reader, 200)],
    "half-heads": [(half_head, 500)],
    "large-bodies": [(large_body, 8)],
    "garbage-tokens": [(garbage_token, 64)],
    "searches": [(searcher, 20)],
}
KINDS["all"] = KINDS["slow-readers"] + KINDS["half-heads"] + KINDS["large-bodies"]


async def _for_ever(one: Client, port: int, number: int) -> None:
    while True:
        try:
            await one(port, number)
        except OSError:
            # Closed by the service; it is tried again.
            _COUNTS["closed"] += 1
            await asyncio.sleep(0.1)


async def _main(kind: str, port: int, seconds: float) -> None:
    clients = (_for_ever(one, port, number) for one, count in KINDS[kind] for number in range(count))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*clients), seconds)
    print(json.dumps(_COUNTS))


class _Bystander(asyncio.Protocol):
    """A server that only reads what hostile clients send; it answers what is the only request. Clients cost a
    machine much, whoever is asked: a load beside these shows that cost; what it loses beyond, the service loses."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._head = b""
        self._missing: int | None = None

    def data_received(self, data: bytes) -> None:
        if self._missing is None:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            if b"connection: close" not in head:
                self._head = b""  # another follows
                return
            self._missing = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        self._missing -= len(data)
        if self._missing <= 0 and isinstance(self._transport, asyncio.Transport):
            self._transport.write(_ANSWER)
            self._transport.close()


async def _stand_by() -> None:
    server = await asyncio.get_running_loop().create_server(_Bystander, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    # What they compute must not be taken for the service's work.
    os.nice(19)
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])) if sys.argv[2:] else _stand_by())
