"""The database itself: pgbench with the best statement that we know for the same answer."""

import re

from bench.children import BENCH, POSTGRES_BIN, Failure, output_of
from bench.cluster import Cluster
from bench.service import CONNECTIONS, Sample
from bench.work import Side, Work


class Reference:
    """pgbench on our own PostgreSQL database."""

    side = str(Side.REFERENCE)
    database = str(Side.OURS)

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def cpu_seconds(self) -> float:
        """There is no service."""
        return 0.0

    def ids(self, work: Work) -> list[str]:
        """Of a read's rows, in order: the eighth column. The plan is the generic one, as after some executions."""
        script = "".join(line for line in _script(work).splitlines(True) if not line.startswith(("\\", "--")))
        script = script.replace(":after", f"'{work.tenant.middle}'").replace(":tenant", "$1")
        sql = "SET plan_cache_mode = force_generic_plan;" + "".join(
            f"PREPARE one (uuid) AS {statement}; EXECUTE one ('{work.tenant.id}'); DEALLOCATE one;"
            for statement in script.split(";")[:-1]
        )
        return [row.split("|")[7] for row in self._cluster.run(self.database, sql).splitlines()]

    def run(self, work: Work, seconds: int, first: int, connections: int = CONNECTIONS) -> Sample:
        """Does the work for some seconds; `first` is a number from which on none has been used yet."""
        tenant, caller = work.tenant, work.tenant.caller
        variables: dict[str, str | int] = {"tenant": tenant.id, "after": tenant.middle, "role": tenant.member_role}
        variables |= {"creator": caller["id"], "caller": caller["userTenantId"], "members": tenant.members}
        variables |= {"others": tenant.members - 1, "step": tenant.step, "rest": tenant.number}
        variables |= {"first": first, "clients": connections, "n": -1}
        command = [str(POSTGRES_BIN / "pgbench"), "-n", "-Mprepared", f"-c{connections}", "-j2", f"-T{seconds}", "-f-"]
        for name, value in variables.items():
            command += ["-D", f"{name}={value}"]
        report = output_of([*command, self._cluster.url_of(self.database)], text=_script(work))
        # Its own clock, which begins when all are connected and ends with the last answer.
        found = re.search(r"processed: (\d+)\n.*failed transactions: 0 .*tps = ([\d.]+) \(without", report, re.DOTALL)
        if not found:
            raise Failure(f"{work.name}: pgbench counted transactions that failed\n{report}")
        return Sample(int(found[1]), int(found[1]) / float(found[2]), connections)


def _script(work: Work) -> str:
    """What is skipped is a literal: PostgreSQL would think of a parameter that it skips a tenth of all rows."""
    return (BENCH / "reference" / work.reference).read_text().replace(":skip", work.skip)
