"""Questions to two processes on one database: whether each sees at once what the other has written."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from bench.children import Failure
from bench.databases import OURS
from bench.population import PERMISSIONS, WRITTEN
from bench.scaling.points import reads
from bench.scaling.results import Check
from bench.scaling.session import Session
from bench.targets.service import Answer, Service

SAME, OTHER = "the process that removed the member", "the other process"
# The cache may keep a caller for a second; what takes longer than this is wrong.
_PATIENCE = 2.0
_USERS = f"/tenants/{WRITTEN.id}/users"


def ask(session: Session, one: Service, other: Service) -> None:
    """All questions, into the results."""
    asked = _Asked(session, one, other)
    checks = session.results.checks
    checks.append(asked.count("both give the same answer to a read", asked.same_answer))
    checks.append(asked.count("a user created by one is listed by the other at once", asked.created))
    checks.append(asked.count("a change by one is read from the other at once", asked.changed))
    checks.append(asked.count("a user removed by one is gone for the other at once", asked.removed))
    checks.append(asked.count("of two that create the same user at once, one succeeds and one gets 409", asked.raced))
    trials = max(3, session.mode.trials // 5)
    found = [asked.refused() for _ in range(trials)]
    session.results.refused_after = {SAME: [same for same, _ in found], OTHER: [later for _, later in found]}
    session.progress.say("replicas: questions answered")


class _Asked:
    """The two processes, and a user whom the questions are about."""

    def __init__(self, session: Session, one: Service, other: Service) -> None:
        self._session = session
        self._pair = (one, other)
        claims: dict[str, object] = {**WRITTEN.caller, "permissions": [*PERMISSIONS, "DeleteTenantUser"]}
        self._keys = session.keys
        self._token = session.keys.sign(claims)
        self._user: dict[str, str] = {}
        self._reads = [point for point in reads(session.mode.members, ()) if point.database == OURS]

    def count(self, question: str, holds: Callable[[int], bool]) -> Check:
        """How often the answer was another one than it should be; who writes and who reads takes turns."""
        trials = range(self._session.mode.trials)
        return Check(question, len(trials), sum(not holds(trial) for trial in trials))

    def same_answer(self, trial: int) -> bool:
        work = self._reads[trial % len(self._reads)].work
        first, second = (one.send(work, 0) for one in self._pair)
        return first.status == 200 and first == second

    def created(self, trial: int) -> bool:
        user = self._create(trial)
        return [row["id"] for row in self._listed(trial, user["id"])] == [user["id"]]

    def changed(self, trial: int) -> bool:
        user, name = self._create(trial), f"Changed {trial}"
        self._expect(204, self._writer(trial).ask("PATCH", f"{_USERS}/{user['id']}", self._token, {"firstName": name}))
        return [row["firstName"] for row in self._listed(trial, user["id"])] == [name]

    def removed(self, trial: int) -> bool:
        user = self._create(trial)
        self._expect(204, self._writer(trial).ask("DELETE", f"{_USERS}/{user['id']}", self._token))
        return self._listed(trial, user["id"]) == []

    def raced(self, trial: int) -> bool:
        person = self._person()
        with ThreadPoolExecutor(2) as both:
            begun = [both.submit(one.ask, "POST", _USERS, self._token, person) for one in self._pair]
            statuses = sorted(one.result().status for one in begun)
        return statuses == [200, 409]

    def refused(self) -> tuple[float, float]:
        """Milliseconds until a member that one process has removed is refused by it, and by the other."""
        one, other = self._pair
        user = self._create(0)
        sql = f"SELECT id FROM main.user_tenants WHERE user_id = '{user['id']}';"
        claims: dict[str, object] = {
            "id": user["id"], "userTenantId": self._session.cluster.run(OURS, sql).strip(), "tenantId": WRITTEN.id,
            "permissions": ["ViewTenantUser"],
        }  # fmt: skip
        token = self._keys.sign(claims)
        path = f"{_USERS}?{urlencode({'filter': json.dumps({'limit': 1})})}"
        for service in self._pair:
            self._expect(200, service.ask("GET", path, token))
        self._expect(204, one.ask("DELETE", f"{_USERS}/{user['id']}", self._token))
        began = time.monotonic()
        ended: dict[Service, float] = {}
        while len(ended) < 2:
            for service in self._pair:
                if service not in ended and service.ask("GET", path, token).status == 401:
                    ended[service] = (time.monotonic() - began) * 1000
            if time.monotonic() - began > _PATIENCE:
                raise Failure(f"a member that was removed is still let in after {_PATIENCE:g} seconds")
        return round(ended[one], 1), round(ended[other], 1)

    def _writer(self, trial: int) -> Service:
        return self._pair[trial % 2]

    def _create(self, trial: int) -> dict[str, str]:
        answer = self._writer(trial).ask("POST", _USERS, self._token, self._person())
        self._expect(200, answer)
        assert isinstance(answer.body, dict)
        return answer.body

    def _person(self) -> dict[str, str]:
        name = f"asked{self._session.numbers(OURS)}"
        return {
            "firstName": "Ann", "lastName": "New", "username": name, "email": f"{name}@bench.example",
            "roleId": WRITTEN.member_role, "locale": "en",
        }  # fmt: skip

    def _listed(self, trial: int, user: str) -> list[dict[str, str]]:
        """The user as the process that has not written lists it."""
        chosen = urlencode({"filter": json.dumps({"where": {"id": user}})})
        answer = self._writer(trial + 1).ask("GET", f"{_USERS}?{chosen}", self._token)
        self._expect(200, answer)
        assert isinstance(answer.body, list)
        return answer.body

    @staticmethod
    def _expect(status: int, answer: Answer) -> None:
        if answer.status != status:
            raise Failure(f"{status} was expected: {answer}")
