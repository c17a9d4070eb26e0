"""The rows that every database holds: their ids, and which tenant has how many members."""

from dataclasses import dataclass

TENANTS = 10_000
# Groups that members can be added to, each once: enough for all runs of a full measurement.
GROUPS = 300_000
# Members of all measured tenants join between the first of these numbers and the last.
_NUMBERS = 16_000_000
# Kinds of ids.
TENANT, ROLE, USER, MEMBERSHIP, GROUP = range(1, 6)
PERMISSIONS = [
    "ViewTenant", "ViewTenantUser", "CreateTenantUser", "UpdateTenantUser", "ViewRoles", "CreateRoles",
    "ViewUserGroupList", "CreateMultipleUserGroup",
]  # fmt: skip


def id_of(kind: int, number: int) -> str:
    """The id of a row, as `bench.id` in data/functions.sql makes it."""
    return f"01900000-{kind:04x}-7000-8000-{number:012x}"


@dataclass(frozen=True)
class Tenant:
    """A tenant that is measured, with its members."""

    number: int
    members: int

    @property
    def id(self) -> str:
        return id_of(TENANT, self.number)

    @property
    def step(self) -> int:
        """From the number of a member to that of the next."""
        return _NUMBERS // self.members

    def member(self, place: int) -> int:
        """The number of a member, counted from 1, as `bench.member` in data/functions.sql makes it."""
        return place * self.step + self.number

    @property
    def middle(self) -> str:
        """The user whom half of them come before."""
        return id_of(USER, self.member(self.members // 2))

    @property
    def member_role(self) -> str:
        """The role that all but the first member have."""
        return id_of(ROLE, self.number * 10 + 2)

    @property
    def caller(self) -> dict[str, str]:
        """The claims of the first member, an administrator."""
        first = self.member(1)
        found = {"id": id_of(USER, first), "userTenantId": id_of(MEMBERSHIP, first)}
        return found | {"tenantId": self.id, "username": f"user{first}"}


# Tenants up to this size are in every database; larger ones in ours on PostgreSQL alone.
SMALL = 10_000
SIZED = {10**power: Tenant(power - 1, 10**power) for power in range(2, 7)}
# Writes go here, so that what is read stays as it was loaded.
WRITTEN = Tenant(6, 10_000)
