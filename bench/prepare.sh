# What the commands of this directory share; read by them, behind scripts/common.sh.
target=${CARGO_TARGET_DIR:-$PWD/target}
place=$target/bench
export BENCH_PLACE=$place PYTHONDONTWRITEBYTECODE=1 # nothing is left beside the sources
mkdir -p "$place"
have python3 || apt_install python3

# Prints the Python that has the packages of requirements.txt.
packages() {
  need_python_environment "$place/python" bench/requirements.txt
  echo "$place/python/bin/python"
}

need_clients() {
  have wrk || apt_install wrk
  BENCH_POSTGRES_BIN=$(scripts/postgres.sh install)
  export BENCH_POSTGRES_BIN
}

# The release build, unless BENCH_PROGRAM names a program.
build() {
  if [ -z "${BENCH_PROGRAM:-}" ]; then
    need_rust
    need_c_compiler
    progress "building"
    cargo build --release --locked
    BENCH_PROGRAM=$target/release/user-tenant-service
  fi
  export BENCH_PROGRAM
}
