"""The section on PgBouncer."""

from bench.report.markdown import NOTHING, middle, spread, table
from bench.scaling.plan import PREPARED
from bench.scaling.points import TITLES
from bench.scaling.pooler import BARE, DIRECT, THROUGH_POOLER
from bench.scaling.report.figures import Figures, cost, milliseconds, p99, rate
from bench.scaling.results import Setup
from bench.scaling.setups import PROCESSES, STATEMENTS
from bench.targets.service import POOL


def section(figures: Figures) -> str:
    """What works, how it is set up, what it costs."""
    results = figures.results
    if not results.setups:
        return ""
    role = "\n".join(f"ALTER ROLE service SET {name} = '{value}';" for name, value in results.session.items())
    return f"""## PgBouncer

Version {results.versions["PgBouncer"].split()[0]}; prepared statements need 1.21 or newer.

### What works

{PROCESSES} processes, each with {POOL} connections to PgBouncer, read, create and change users under load, then ask for
{STATEMENTS} different pages each, so that prepared statements are closed as well. Where connections of the server are
shared, the last columns say on how many of them all settings held that the service makes when it connects:
after the load, and after PgBouncer has opened them anew, as it does by itself (`server_lifetime`).

{_setups(figures)}
By transaction, what a client sets stays on the one server connection that it happened to have, and is gone with it. The
service works without, but with PostgreSQL's own timeouts and plans
([ADR 19](adr/0019-one-plan-for-tenants-of-all-sizes.md)). So the settings must come from the role that PgBouncer
connects as, or, with the same effect, from `connect_query` of the entry in `[databases]`:

```sql
{role}
```

`service` stands for that role. These are what the service set in this measurement, as PostgreSQL shows them.
`statement_timeout` is `STATEMENT_TIMEOUT_MILLISECONDS` ([configuration.md](configuration.md)), and
`idle_in_transaction_session_timeout` twice that; give the role the values of your own setting. In `pgbouncer.ini`,
besides addresses, users and passwords:

```ini
[pgbouncer]
pool_mode = transaction
max_prepared_statements = {PREPARED}
```

`ignore_startup_parameters` was not needed. `DB_MAX_CONNECTIONS` is then the most connections of a process to PgBouncer,
and `default_pool_size` the most of PgBouncer to PostgreSQL.

### What it costs

{POOL} connections to PostgreSQL in either case, PgBouncer on the same {figures.cores} cores. Ratios are of the same
round.

{_rates(figures)}
Milliseconds of processors a request:

{_cost(figures)}"""


def works(figures: Figures) -> list[Setup]:
    """Setups by transaction that kept every setting."""
    tried = figures.results.setups
    return [one for one in tried if not one.failure and one.kept_anew and one.kept_anew == one.looked_at]


def _setups(figures: Figures) -> str:
    lines = []
    for one in figures.results.setups:
        settings = "<br>".join(f"`{name} = {value}`" for name, value in one.settings.items())
        outcome = "**fails**: " + " ".join(one.failure.split()) if one.failure else "works"
        kept = [
            NOTHING if one.looked_at is None or value is None else f"{value} of {one.looked_at}"
            for value in (one.kept, one.kept_anew)
        ]
        migrates = "works" if one.migrates else "**fails**"
        lines.append((one.title, settings, outcome, migrates, f"{one.requests:,}", *kept))
    head = (
        "Pooling",
        "`pgbouncer.ini`",
        "Service",
        "`migrate up`",
        "Requests answered",
        "Settings held",
        "Opened anew",
    )
    return table(head, lines, texts=4)


def _rates(figures: Figures) -> str:
    lines = []
    for kind in figures.kinds("pgbouncer"):
        for at in figures.sizes("pgbouncer", kind):
            lines.append(
                (
                    TITLES[kind],
                    *(
                        middle(figures.over_runs("pgbouncer", kind, at, rate, variant))
                        for variant in (DIRECT, THROUGH_POOLER)
                    ),
                    spread(figures.ratio("pgbouncer", kind, at, THROUGH_POOLER, DIRECT, rate)),
                    spread(figures.ratio("pgbouncer", kind, at, BARE, DIRECT, rate)),
                    *(
                        middle(figures.over_runs("pgbouncer", kind, at, p99, variant))
                        for variant in (DIRECT, THROUGH_POOLER)
                    ),
                )
            )
    head = (
        "Work", "Direct, requests/s", "PgBouncer, requests/s", "PgBouncer / direct", "Without the settings / direct",
        "Direct, 99 %, ms", "PgBouncer, 99 %, ms",
    )  # fmt: skip
    return table(head, lines)


def _cost(figures: Figures) -> str:
    columns = [
        *((f"Direct: {name}", DIRECT, who) for who, name in (("service", "service"), ("database", "PostgreSQL"))),
        *(
            (f"PgBouncer: {name}", THROUGH_POOLER, who)
            for who, name in (("service", "service"), ("pooler", "PgBouncer"), ("database", "PostgreSQL"))
        ),
    ]
    lines = [
        (
            TITLES[kind],
            *(
                cost(figures.over_runs("pgbouncer", kind, at, milliseconds(who), variant))
                for _, variant, who in columns
            ),
        )
        for kind in figures.kinds("pgbouncer")
        for at in figures.sizes("pgbouncer", kind)
    ]
    return table(("Work", *(title for title, _, _ in columns)), lines)
