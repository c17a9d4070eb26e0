"""The program behind `bench/scale`: what requests cost as tenants, members, connections and the pool grow."""

import argparse
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bench import cluster, service
from bench.children import PLACE, PROGRAM, ROOT, Failure, enter, say
from bench.population import SIZED, WRITTEN
from bench.report import scaling
from bench.service import Keys, Service
from bench.session import Load, Results, Session
from bench.work import WORKS

_OURS = "ours"


class _Campaign:
    """One measurement under way; each part is a method, and names its runs by part, kind and size."""

    def __init__(self, quick: bool, running: cluster.Cluster, place: Path, results: Results) -> None:
        self._members = [size for size in SIZED if size <= 1_000 or not quick]
        self._tenants = [count for count in SIZED if count <= (1_000 if quick else 100_000)]
        self._powers = range(0, 9, 3 if quick else 1)
        self._seconds, self._rounds, self._sweep_rounds = (1, 1, 1) if quick else (3, 3, 2)
        self._cluster = running
        self._keys = Keys.new()
        self._place = place
        self._session = Session(running, results)
        page = WORKS[f"users-{min(10_000, max(self._members))}-first"]
        self._usual = {"tenant": WORKS["tenant"], "first": page, "create": WORKS["create-user"]}
        say("loading the databases")
        tenants = [*(SIZED[size] for size in self._members), WRITTEN]
        cluster.make(running, _OURS, PROGRAM, self._keys, tenants, groups=0)
        for count in self._tenants:
            cluster.make(running, f"tenants_{count}", PROGRAM, self._keys, [SIZED[1_000]], count, groups=0)

    def serving(self, database: str, pool: int = service.POOL) -> Service:
        """A process of the service, which starts when it is entered."""
        url, log = self._cluster.url_of(database), self._place / f"{database}-{pool}.log"
        return service.ours(database, PROGRAM, url, self._keys, log, pool)

    def reads(self) -> None:
        """Over the members of a tenant, and over the number of tenants."""
        with ExitStack() as stack:
            ours, loads = stack.enter_context(self.serving(_OURS)), dict[str, Load]()
            for count in self._tenants:
                one = stack.enter_context(self.serving(f"tenants_{count}"))
                loads |= {f"curves/{kind}/{count}": Load(one, WORKS[kind]) for kind in ("tenant", "tenants")}
            for size in self._members:
                pages = {kind: WORKS[f"users-{size}-{kind}"] for kind in ("first", "cursor")}
                loads |= {f"curves/{kind}/{size}": Load(ours, work) for kind, work in pages.items()}
            self._measure(loads, self._rounds)

    def connections(self) -> None:
        """One process with its usual pool, and more and more clients."""
        with self.serving(_OURS) as one:
            counts, works = [2**power for power in self._powers], self._usual.items()
            loads = {f"connections/{kind}/{count}": Load(one, work, count) for kind, work in works for count in counts}
            self._measure(loads, self._sweep_rounds)

    def pools(self) -> None:
        """Many clients, and a process with a larger and larger pool."""
        for round_ in range(self._sweep_rounds):
            for count in (2**power for power in self._powers if power < 7):
                with self.serving(_OURS, count) as one:
                    loads = {kind: Load(one, self._usual[kind], scaling.POOL_CLIENTS) for kind in ("first", "create")}
                    self._measure({f"pool/{kind}/{count}": load for kind, load in loads.items()}, 1, round_)

    def creations(self) -> None:
        """Users created in tenants of all sizes, which grow meanwhile; last, since others read what is written here."""
        with self.serving(_OURS) as one:
            works = {size: WORKS["create-user"].within(SIZED[size]) for size in self._members}
            self._measure({f"curves/create/{size}": Load(one, work) for size, work in works.items()}, self._rounds)

    def _measure(self, loads: Mapping[str, Load], rounds: int, first: int = 0) -> None:
        names = list(loads)
        for load in loads.values():
            if isinstance(load.target, Service):
                load.target.checked(load.work, self._session.numbers(load.target, load.work))
            self._session.warm_up(load)
        for round_ in range(rounds):
            # Another one first each time.
            for name in names[round_:] + names[:round_]:
                self._session.run(name, _OURS, first + round_, self._seconds, loads[name])


def run(mode: str) -> Results:
    """Measures; the processes that it needs have ended when it returns."""
    with cluster.running() as running, tempfile.TemporaryDirectory() as place:
        results = Results(mode)
        campaign = _Campaign(mode == "quick", running, Path(place), results)
        results.settings["The service"] = campaign.serving(_OURS).settings
        for part in (campaign.reads, campaign.connections, campaign.pools, campaign.creations):
            try:
                part()
            except Failure as failure:
                # One part that fails does not cost the others; the document begins with it.
                say(f"FAILED: {part.__name__}: {failure}")
                results.failures[part.__name__] = str(failure)
        return results


def main() -> int:
    about = "Measures what requests cost as tenants, members and connections grow: 20 minutes, docs/scaling.md."
    parser = argparse.ArgumentParser(prog="bench/scale", description=about)
    parser.add_argument("--quick", action="store_true", help="small sizes and short runs: target/bench/scaling.md")
    parser.add_argument("--report", action="store_true", help="measure nothing: write the document from raw results")
    parser.add_argument("--output", type=Path, metavar="FILE", help="of the document")
    asked = parser.parse_args()
    document = (asked.output or (PLACE if asked.quick else ROOT / "docs") / "scaling.md").resolve()
    if not asked.report:
        run("quick" if asked.quick else "full").write(document)
    results = Results.read(document)
    scaling.write(results, document)
    print(document)
    return 1 if results.failures else 0


if __name__ == "__main__":
    enter(main)
