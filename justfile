# Recipes for developers; `just` lists them. CI needs none of them: it runs .ci/run.

export DATA_DIR := env("DATA_DIR", "target/data")

_list:
    @just --list --unsorted

# start the service on the embedded database, in target/data
run *arguments:
    cargo run -- {{ arguments }}

# every test on SQLite and PostgreSQL; arguments filter, as for cargo nextest run
test *arguments:
    ./test.sh {{ arguments }}

# formatting and lints
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# mend what formatting and lints can mend
fix:
    cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged
    cargo fmt --all

# write the generated files and accept what the compiler says in tests of it; review the diff
bless *arguments:
    scripts/generated.sh
    TRYBUILD=overwrite ./test.sh {{ arguments }}

# the documentation of all crates
doc:
    cargo doc --workspace --no-deps --open

# licences, banned and duplicate crates, known vulnerabilities (the last needs the network)
deny:
    cargo deny --workspace --all-features check

# a PostgreSQL to try things on; prints its URL
postgres:
    scripts/postgres.sh start /tmp/user-tenant-postgres

# stop and delete it
postgres-remove:
    scripts/postgres.sh remove /tmp/user-tenant-postgres

# all that a change must pass
ci:
    bash .ci/run
