"""A server that reads what hostile clients send and does nothing with it, as a program of its own.

    python3 -m bench.attack.bystander   (its port is the line that it prints)

Clients and their connections cost a machine much, whoever is asked. A steady load beside clients of the bystander shows that
cost alone; what the load loses beyond it, the service loses.
"""

import asyncio
import os

_ANSWER = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_LENGTH = b"content-length: "


class _Bystander(asyncio.Protocol):
    """One connection; it is answered when its only request has come whole, and kept open where more may come."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
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
            length = head.partition(_LENGTH)[2].partition(b"\r\n")[0]
            self._missing = int(length or 0)
        self._missing -= len(data)
        if self._missing <= 0:
            self._transport.write(_ANSWER)
            self._transport.close()


async def _main() -> None:
    server = await asyncio.get_running_loop().create_server(_Bystander, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    os.nice(19)
    asyncio.run(_main())
