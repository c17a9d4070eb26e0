"""What is measured: each kind of work at each size, taken from the table of `bench/work.py`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.databases import OURS
from bench.population import SIZED, WRITTEN, Tenant
from bench.work import PAGE, WORKS, Work

# By kind, in the order of the document.
TITLES = {
    "tenant": "read a tenant",
    "tenants": f"list {PAGE} tenants with a filter",
    "first": f"first page of {PAGE} users",
    "cursor": f"next page of {PAGE} users, by cursor",
    "create": "create a user",
    "update": "update a user",
}
# What a size is of, by kind.
BY_TENANTS = ("tenant", "tenants")
BY_MEMBERS = ("first", "cursor", "create")
_WORKS = {work.name: work for work in WORKS}


@dataclass(frozen=True)
class Point:
    """One kind of work at one size, in the database that has it."""

    kind: str
    at: int
    work: Work
    database: str = OURS


def database_of(tenants: int) -> str:
    """The database with so many tenants."""
    return f"tenants_{tenants}"


def reads(members: Sequence[int], tenants: Sequence[int]) -> list[Point]:
    """Reads at all sizes."""
    points = [Point(kind, count, _WORKS[kind], database_of(count)) for count in tenants for kind in BY_TENANTS]
    points += [Point(page, count, _WORKS[f"users-{count}-{page}"]) for count in members for page in ("first", "cursor")]
    return points


def creations(members: Sequence[int]) -> list[Point]:
    """Creating users in tenants of all sizes."""
    return [Point("create", count, _creation(SIZED[count])) for count in members]


def usual(page: int) -> dict[str, Point]:
    """One point of each kind but lists of tenants, in the database of members, where sizes are not followed."""
    return {
        "tenant": Point("tenant", page, _WORKS["tenant"]),
        "first": Point("first", page, _WORKS[f"users-{page}-first"]),
        "create": Point("create", WRITTEN.members, _WORKS["create-user"]),
        "update": Point("update", WRITTEN.members, _WORKS["update-user"]),
    }


def _creation(tenant: Tenant) -> Work:
    work = _WORKS["create-user"]
    body = (work.body or "").replace(WRITTEN.member_role, tenant.member_role)
    path = work.path.replace(WRITTEN.id, tenant.id)
    return replace(work, name=f"create-user-{tenant.members}", tenant=tenant, path=path, body=body)
