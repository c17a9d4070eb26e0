"""The rows that every database holds: their ids, and which tenant has how many members."""

from dataclasses import dataclass
from enum import IntEnum

TENANTS = 10_000
# Groups that members can be added to, each once: enough for all runs of a full measurement.
GROUPS = 300_000
# Members of all measured tenants join between the first of these numbers and the last.
NUMBERS = 16_000_000


class Kind(IntEnum):
    """What an id is of; part of the id."""

    TENANT = 1
    ROLE = 2
    USER = 3
    MEMBERSHIP = 4
    GROUP = 5


def id_of(kind: Kind, number: int) -> str:
    """The id of a row, as `bench.id` in data/functions.sql makes it."""
    return f"01900000-{kind:04x}-7000-8000-{number:012x}"


@dataclass(frozen=True)
class Tenant:
    """A tenant that is measured, with its members."""

    number: int
    members: int

    @property
    def id(self) -> str:
        return id_of(Kind.TENANT, self.number)

    @property
    def step(self) -> int:
        """From the number of a member to that of the next."""
        return NUMBERS // self.members

    def member(self, place: int) -> int:
        """The number of a member, counted from 1, as `bench.member` in data/functions.sql makes it."""
        return place * self.step + self.number

    @property
    def member_role(self) -> str:
        """The role that all but the first member have."""
        return id_of(Kind.ROLE, self.number * 10 + 2)

    @property
    def caller(self) -> dict[str, str]:
        """The claims of the first member, an administrator."""
        first = self.member(1)
        return {
            "id": id_of(Kind.USER, first),
            "userTenantId": id_of(Kind.MEMBERSHIP, first),
            "tenantId": self.id,
            "username": f"user{first}",
        }


# Tenants up to this size are in every database; larger ones in ours on PostgreSQL alone.
SMALL = 10_000
# By members.
SIZED = {
    100: Tenant(1, 100),
    1_000: Tenant(2, 1_000),
    10_000: Tenant(3, 10_000),
    100_000: Tenant(4, 100_000),
    1_000_000: Tenant(5, 1_000_000),
}
# Writes go here, so that what is read stays as it was loaded.
WRITTEN = Tenant(6, 10_000)

PERMISSIONS = [
    "ViewTenant",
    "ViewTenantUser",
    "CreateTenantUser",
    "UpdateTenantUser",
    "ViewRoles",
    "CreateRoles",
    "ViewUserGroupList",
    "CreateMultipleUserGroup",
]
