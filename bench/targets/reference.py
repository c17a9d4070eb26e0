"""The database itself: pgbench with the best statement that we know for the same answer."""

import re

from bench.children import Failure, client_seconds, output_of
from bench.cluster import Cluster
from bench.databases import OURS
from bench.places import BENCH, POSTGRES_BIN, shown
from bench.targets.base import Target
from bench.targets.sample import Sample
from bench.targets.wrk import CONNECTIONS
from bench.work import Side, Work

_THREADS = 2


class Reference(Target):
    """pgbench on our own PostgreSQL database."""

    side = Side.REFERENCE
    database = OURS

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def run(self, work: Work, seconds: int, first: int) -> Sample:
        return self._run(work, first, CONNECTIONS, [f"-T{seconds}"])

    def run_times(self, work: Work, times: int, first: int) -> None:
        """Does the work so many times, on one connection."""
        self._run(work, first, 1, [f"-t{times}"])

    def ids(self, work: Work) -> list[str]:
        """The ids of the rows that a read finds, in their order: the eighth column, as everywhere in an answer. The plan is
        the generic one, on which PostgreSQL settles after some executions."""
        script = "".join(line for line in _script(work).splitlines(True) if not line.startswith(("\\", "--")))
        for name, value in work.variables:
            script = script.replace(f":{name}", f"'{value}'")
        statements = script.replace(":tenant", "$1").split(";")[:-1]
        sql = "SET plan_cache_mode = force_generic_plan;" + "".join(
            f"PREPARE one (uuid) AS {statement}; EXECUTE one ('{work.tenant.id}'); DEALLOCATE one;"
            for statement in statements
        )
        return [row.split("|")[7] for row in self._cluster.run(self.database, sql).splitlines()]

    def _run(self, work: Work, first: int, clients: int, length: list[str]) -> Sample:
        command = [str(POSTGRES_BIN / "pgbench"), "-n", "-Mprepared", f"-c{clients}", f"-j{min(clients, _THREADS)}"]
        command += length
        for name, value in self._variables(work, first, clients).items():
            command += ["-D", f"{name}={value}"]
        url = self._cluster.url_of(self.database)
        script = BENCH / "reference" / work.reference
        before = client_seconds()
        if work.skip is None:
            command += ["-f", str(script), url]
            report, prefix = output_of(command), ""
        else:
            # As a literal: PostgreSQL would think of a parameter that it skips a tenth of all rows.
            command += ["-f-", url]
            report = output_of(command, text=_script(work))
            prefix = f"sed s/:skip/{work.skip}/ {shown([str(script)], {})} | "
        if "number of failed transactions: 0 " not in report:
            raise Failure(f"{work.name}: pgbench counted transactions that failed\n{report}")
        requests = int(_found(r"actually processed: (\d+)", report))
        return Sample(
            command=prefix + shown(command, {url: "$DATABASE_URL"}),
            requests=requests,
            # Its own clock, which begins when all are connected and ends with the last answer.
            seconds=requests / float(_found(r"tps = ([\d.]+) \(without", report)),
            connections=clients,
            mean=float(_found(r"latency average = ([\d.]+) ms", report)),
            p50=None,
            p99=None,
            client=client_seconds() - before,
        )

    @staticmethod
    def _variables(work: Work, first: int, clients: int) -> dict[str, str | int]:
        variables: dict[str, str | int] = {"tenant": work.tenant.id, **dict(work.variables)}
        if work.writes:
            variables |= {"caller": work.tenant.caller["userTenantId"], "first": first, "clients": clients, "n": -1}
        return variables


def _script(work: Work) -> str:
    text = (BENCH / "reference" / work.reference).read_text()
    return text if work.skip is None else text.replace(":skip", str(work.skip))


def _found(pattern: str, report: str) -> str:
    match = re.search(pattern, report)
    if match is None:
        raise Failure(f"pgbench did not say {pattern!r}:\n{report}")
    return match[1]
