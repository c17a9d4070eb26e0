"""Tries what must take the same time, in turns, and says how far two distributions of times can be told apart."""

import base64
import http.client
import json
import os
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterator

# Tries of one person before they are locked out.
_BEFORE_LOCKOUT = 9
_connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]))


def ask(method: str, path: str, body: object = None) -> tuple[float, int, object]:
    """How many milliseconds an answer took, its status and what it says."""
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}
    start = time.perf_counter()
    _connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = _connection.getresponse()
    text = answer.read()
    return (time.perf_counter() - start) * 1000, answer.status, json.loads(text or b"null")


def apart(some: list[float], others: list[float]) -> float:
    """How often one of the others took longer than one of these: a half where nobody can tell them apart."""
    return statistics.fmean((a < b) + (a == b) / 2 for a in some for b in others)


def compare(what: str, tries: int, kinds: dict[str, Callable[[], tuple[float, int, object]]], wanted: int) -> None:
    """Tries each kind so many times, in turns, and prints the distributions; the first kind is what others are compared with."""
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    said = set()
    for _ in range(tries):
        for kind, once in kinds.items():
            taken, status, text = once()
            assert status == wanted, (what, kind, status, text)
            said.add(json.dumps(text))
            times[kind].append(taken)
    assert len(said) == 1, f"{what} is answered in different words: {said}"
    first = next(iter(times.values()))
    print(f"\n{what}\n\n| | p10 ms | median | p90 | longer than the first |\n|---|---|---|---|---|")
    for kind, all_of in times.items():
        tenth = statistics.quantiles(all_of, n=10)
        told = f"{apart(first, all_of):.2f}" if all_of is not first else ""
        print(f"| {kind} | {tenth[0]:.2f} | {tenth[4]:.2f} | {tenth[8]:.2f} | {told} |")


def main() -> None:
    """Makes people and invitations, and compares."""
    tries = int(sys.argv[1])
    claims = os.environ["TOKEN"].split(".")[1]
    tenant = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["tenantId"]
    _, _, roles = ask("GET", f"/tenants/{tenant}/roles")
    role = roles[0]["id"]
    people: list[str] = []
    for number in range(tries // _BEFORE_LOCKOUT + 1):
        person = {"firstName": "P", "username": f"person{number}", "email": f"person{number}@a.example", "roleId": role}
        _, status, made = ask("POST", f"/tenants/{tenant}/users", person)
        assert status == 200, made
        people.append(person["username"])
    _, status, made = ask("POST", f"/tenants/{tenant}/invitations", {"invitations": [{"address": "n@a.example", "roleId": role}]})
    assert status == 200, made
    secret = made["invitations"][0]["link"].rsplit("/", 1)[1]
    _, status, made = ask("POST", f"/tenants/{tenant}/users/{user(tenant)}/password-reset", {"delivery": "answer"})
    assert status == 201, made

    def altered(token: str) -> str:
        return token[:-2] + ("AA" if token[-2:] != "AA" else "BA")

    for path, token, body in [
        ("/invitations/{}", secret, None),
        ("/password-resets/{}", made["token"], {"password": "four grey cats asleep"}),
    ]:
        def once(name: str, path: str = path, body: object = body) -> tuple[float, int, object]:
            return ask("GET" if body is None else "POST", path.format(name), body)

        kinds = {"unknown": lambda: once(secrets.token_urlsafe(32)), "altered": lambda t=token: once(altered(t))}
        compare(path.format("{token}"), tries, kinds, 404)

    def names() -> Iterator[str]:
        for turn in range(tries):
            yield people[turn // _BEFORE_LOCKOUT]

    known = names()

    def verify(name: str) -> tuple[float, int, object]:
        return ask("POST", "/credentials/verify", {"username": name, "password": "four grey cats asleep"})

    kinds = {"nobody": lambda: verify(secrets.token_hex(8)), "somebody, wrong password": lambda: verify(next(known))}
    compare("/credentials/verify", tries, kinds, 200)


def user(tenant: str) -> str:
    """The id of somebody whose password may be set."""
    _, _, found = ask("GET", f"/tenants/{tenant}/users?filter[where][username]=person0")
    return str(found[0]["id"])


if __name__ == "__main__":
    main()
