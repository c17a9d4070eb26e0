"""The table of what is measured: each kind of work once, with its request and its reference statement."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from bench.population import SIZED, SMALL, TENANTS, WRITTEN, Kind, Tenant, id_of

PAGE = 20
# From so many skipped users on, another statement is the better reference.
_FAR = 100_000


class Side(StrEnum):
    """Who does the work."""

    ORIGINAL = "original"
    OURS = "ours"
    REFERENCE = "reference"
    SQLITE = "sqlite"


@dataclass(frozen=True)
class Work:
    """One kind of work."""

    name: str
    title: str
    # Works of one family are shown together.
    family: str
    method: str
    path: str
    tenant: Tenant
    # A file of bench/reference, and what it needs besides `tenant`.
    reference: str
    variables: tuple[tuple[str, str | int], ...] = ()
    # May hold the placeholders of client.lua, as may the path; then no request is like another.
    body: str | None = None
    master: bool = False
    # How many members the tenant has, where the cost is followed over the size of a tenant.
    members: int | None = None
    page: str | None = None
    skip: int | None = None
    # Where set, the path is what the `Link` of the page at `path` leads to, which a service must be asked for.
    linked: bool = False
    # Relations that the answer includes.
    included: int = 0
    # Rows of the answer, to see that it is the one that was meant.
    rows: int | None = None
    # Numbers that one run may use up.
    numbers: int = 1_000_000

    def request(self, number: int) -> tuple[str, str | None]:
        """Path and body of the request with this number, as client.lua fills them."""
        tenant = self.tenant
        places = (number * 100 % tenant.members + place for place in range(1, 101))
        memberships = [id_of(Kind.MEMBERSHIP, tenant.member(place)) for place in places]
        values = {
            "n": str(number),
            "user": id_of(Kind.USER, tenant.member(2 + number % (tenant.members - 1))),
            "group": id_of(Kind.GROUP, 1 + number),
            "members": ",".join(f'{{"userTenantId":"{membership}"}}' for membership in memberships),
        }
        path, body = self.path, self.body
        for name, value in values.items() if self.body is not None else ():
            path, body = path.replace(f"{{{name}}}", value), body and body.replace(f"{{{name}}}", value)
        return path, body

    @property
    def writes(self) -> bool:
        return self.body is not None


def _filtered(path: str, **filter_: object) -> str:
    return f"{path}?{urlencode({'filter': json.dumps(filter_, separators=(',', ':'))})}"


def _tenants() -> Iterator[Work]:
    tenant = SIZED[1_000]
    yield Work("tenant", "read a tenant by id", "tenants", "GET", f"/tenants/{tenant.id}", tenant, "tenant.sql")
    # Master, because ours shows other callers no tenant but their own.
    yield Work(
        "tenants", f"list {PAGE} of {TENANTS:,} tenants with a filter", "tenants", "GET",
        _filtered("/tenants", where={"status": 1, "country": "Country 3"}, limit=PAGE),
        tenant, "tenants.sql", master=True, rows=PAGE,
    )  # fmt: skip


def _users() -> Iterator[Work]:
    for members, tenant in SIZED.items():
        for page, skip in (("first", 0), ("deep", members // 2)):
            # Without an order the original's page is any 20 users.
            window: dict[str, object] = {"order": ["id ASC"], "limit": PAGE} | ({"skip": skip} if skip else {})
            yield Work(
                f"users-{members}-{page}", f"list {PAGE} users of {members:,}, {page} page", "users", "GET",
                _filtered(f"/tenants/{tenant.id}/users", **window),
                tenant, "users.sql" if skip < _FAR else "users_far.sql", skip=skip, members=members, page=page, rows=PAGE,
            )  # fmt: skip
            # The view of users has no relation, here or in the original; this way there is one.
            yield Work(
                f"include-{members}-{page}", f"read a tenant with {PAGE} users of {members:,}, {page} page", "include",
                "GET", _filtered(f"/tenants/{tenant.id}", include=[{"relation": "users", "scope": window}]),
                tenant, "include.sql", skip=skip, members=members, page=page, included=1,
            )  # fmt: skip
        # The same rows as on the deep page, by the link of the page before it.
        middle = members // 2
        yield Work(
            f"users-{members}-cursor", f"list {PAGE} users of {members:,}, deep page by cursor", "users", "GET",
            _filtered(f"/tenants/{tenant.id}/users", order=["id ASC"], limit=PAGE, skip=middle - PAGE), tenant,
            "users_after.sql", (("after", id_of(Kind.USER, tenant.member(middle))),), members=members, page="cursor",
            linked=True, rows=PAGE,
        )  # fmt: skip


def _writes() -> Iterator[Work]:
    tenant = WRITTEN
    steps = (("step", tenant.step), ("rest", tenant.number))
    yield Work(
        "create-role", "create a role", "writes", "POST", f"/tenants/{tenant.id}/roles", tenant, "create_role.sql",
        body=json.dumps({"name": "role {n}", "roleType": 2, "permissions": ["ViewTenant", "ViewTenantUser"]}),
    )  # fmt: skip
    person = {"firstName": "Ann", "lastName": "New", "username": "new{n}", "email": "new{n}@bench.example"}
    yield Work(
        "create-user", "create a user", "writes", "POST", f"/tenants/{tenant.id}/users", tenant, "create_user.sql",
        (("role", tenant.member_role), ("creator", tenant.caller["id"])),
        body=json.dumps(person | {"roleId": tenant.member_role, "locale": "en"}),
    )  # fmt: skip
    yield Work(
        "update-user", "update a user", "writes", "PATCH", f"/tenants/{tenant.id}/users/{{user}}", tenant,
        "update_user.sql", (("others", tenant.members - 1), *steps),
        body=json.dumps({"firstName": "Ann {n}", "designation": "Director"}),
    )  # fmt: skip
    yield Work(
        "add-members", "add 100 members to a group", "writes", "POST", "/groups/{group}/user/bulk", tenant,
        "add_members.sql", (("members", tenant.members), *steps),
        body="[{members}]", numbers=12_000, rows=100,
    )  # fmt: skip


WORKS: tuple[Work, ...] = (*_tenants(), *_users(), *_writes())


def sides_of(work: Work, most_members_of_original: int) -> list[Side]:
    """Who does this work: not every database has the largest tenants, and the original takes too long before that; nor
    does it have cursors."""
    sides = list(Side)
    if work.linked or (work.members is not None and work.members > most_members_of_original):
        sides.remove(Side.ORIGINAL)
    if work.members is not None and work.members > SMALL:
        sides.remove(Side.SQLITE)
    return sides
