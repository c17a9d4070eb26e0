"""The table of what is measured, from work.toml: each kind of work, in each tenant that it is measured in."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatch
from string import Template
from typing import Any
from urllib.parse import urlencode

from bench.children import BENCH
from bench.population import GROUP, MEMBERSHIP, SIZED, SMALL, USER, WRITTEN, Tenant, id_of

_PAGE = 20
# From so many skipped users on, another statement is the better reference.
_FAR = 100_000


class Side(StrEnum):
    """Who does the work, in the order of the columns; those of `--before` are another build of our service."""

    ORIGINAL = "original"
    OURS = "ours"
    REFERENCE = "reference"
    SQLITE = "sqlite"
    BEFORE = "before"
    BEFORE_SQLITE = "before-sqlite"


@dataclass(frozen=True)
class Work:
    """One kind of work in one tenant, as work.toml says it."""

    tenant: Tenant
    members: int | None  # of the tenant, where the cost is followed over them
    name: str
    title: str
    path: str
    reference: str  # a file of bench/reference
    method: str = "GET"
    body: str | None = None  # where there is one, no request is like another
    master: bool = False
    linked: bool = False  # what is asked for is what the `Link` of the page at the path leads to
    skip: str = ""
    rows: int | None = None  # of the answer, to see that it is the one that was meant
    numbers: int = 1_000_000  # that one run may use up

    def request(self, number: int) -> tuple[str, str | None]:
        """Path and body of the request with this number, as client.lua fills them."""
        tenant, path, body = self.tenant, self.path, self.body
        if body is None:
            return path, None
        places = (number * 100 % tenant.members + place for place in range(1, 101))
        members = [f'{{"userTenantId":"{id_of(MEMBERSHIP, tenant.member(place))}"}}' for place in places]
        user = id_of(USER, tenant.member(2 + number % (tenant.members - 1)))
        group = id_of(GROUP, 1 + number)
        for name, value in {"n": number, "user": user, "group": group, "members": ",".join(members)}.items():
            path, body = path.replace(f"{{{name}}}", str(value)), body.replace(f"{{{name}}}", str(value))
        return path, body

    def within(self, tenant: Tenant) -> "Work":
        """The same in another tenant."""
        return _of(next(row for row in _TABLE if row["name"] == self.name), tenant)


def _of(row: dict[str, Any], tenant: Tenant) -> Work:
    middle = tenant.members // 2
    values = {"id": tenant.id, "members": tenant.members, "many": f"{tenant.members:,}", "middle": middle}
    values |= {"before": middle - _PAGE, "role": tenant.member_role}
    filled: dict[str, Any] = dict(row)
    for key, value in row.items():
        filled[key] = Template(value).substitute(values) if isinstance(value, str) else value
    if filter_ := filled.pop("filter", ""):
        filled["path"] += f"?{urlencode({'filter': filter_})}"
    work = Work(tenant, tenant.members if "$members" in row["name"] else None, **filled)
    far = work.reference == "users.sql" and int(work.skip) >= _FAR
    return replace(work, reference="users_far.sql") if far else work


_TABLE: list[dict[str, Any]] = tomllib.loads((BENCH / "work.toml").read_text())["work"]
_SIZED = [row for row in _TABLE if "$members" in row["name"]]
_READS = [_of(row, SIZED[1_000]) for row in _TABLE if row not in _SIZED and "body" not in row]
_PAGES = [_of(row, tenant) for tenant in SIZED.values() for row in _SIZED]
_WRITES = [_of(row, WRITTEN) for row in _TABLE if "body" in row]
WORKS = {work.name: work for work in (*_READS, *_PAGES, *_WRITES)}


def works(only: Sequence[str], *, full: bool) -> list[Work]:
    """Those of a mode that match, if names are given: a name, the start of one up to a dash, a pattern."""

    def chosen(work: Work) -> bool:
        members = work.members or 0
        if not full and (members > SMALL or (members != 1_000 and work.name.startswith("include"))):
            return False
        return not only or any(fnmatch(work.name, each) or work.name.startswith(f"{each}-") for each in only)

    return [work for work in WORKS.values() if chosen(work)]
