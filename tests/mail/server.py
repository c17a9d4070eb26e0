"""A mail server for tests: keeps every mail that it takes as a line of JSON, and refuses whom it is told to.

    server.py PORT FILE [--tls CERTIFICATE KEY] [--password USER PASSWORD]

An address that begins with "nobody" is refused for good, one that begins with "later" for now, one that begins with "slow" is
taken after a while. It prints a line once it listens.
"""

import argparse
import asyncio
import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Keeper:
    """Keeps what was sent."""

    def __init__(self, file):
        self.file = file

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such mailbox here"
        if address.startswith("later"):
            return "451 4.7.1 greylisted, come again"
        if address.startswith("slow"):
            await asyncio.sleep(0.3)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "content": envelope.content.decode("utf-8", "replace"),
        }
        with open(self.file, "a", encoding="utf-8") as file:
            file.write(json.dumps(mail) + "\n")
        return "250 OK"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("port", type=int)
    arguments.add_argument("file")
    arguments.add_argument("--tls", nargs=2)
    arguments.add_argument("--password", nargs=2)
    given = arguments.parse_args()
    options = {}
    if given.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*given.tls)
        options.update(tls_context=context, require_starttls=True)
    if given.password:
        wanted = [part.encode() for part in given.password]

        def authenticate(server, session, envelope, mechanism, data):
            # Not handled: the server is to answer with 535, and would say nothing else.
            return AuthResult(success=[data.login, data.password] == wanted, handled=False)

        options.update(authenticator=authenticate, auth_required=True, auth_require_tls=bool(given.tls))
    controller = Controller(Keeper(given.file), hostname="127.0.0.1", port=given.port, **options)
    controller.start()
    print("listening", flush=True)
    # Until whoever started it is gone, or kills it.
    sys.stdin.read()
    controller.stop()


main()
