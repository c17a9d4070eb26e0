# shellcheck shell=bash
# Shared by the scripts of this repository: sourced, not run.
# Progress goes to standard error, so that a script's standard output stays its result.

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' red='' plain=''
fi

progress() { printf '%s==> %s%s\n' "$bold" "$*" "$plain" >&2; }

fail() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# help_if_asked "$@": with -h or --help, prints the comment that the script opens with, and ends.
help_if_asked() {
  case ${1:-} in
    -h | --help)
      sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
      exit
      ;;
  esac
}

have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: directly, or through sudo where that asks no password.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

may_install() {
  have apt-get && { [ "$(id -u)" -eq 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }
}

# apt_install PACKAGE…: installs Debian packages, or says what to type.
apt_install() {
  if ! may_install; then
    if have apt-get; then
      fail "please install what is missing, then try again:  sudo apt-get install $*"
    fi
    fail "please install what is missing with your system's package manager (Debian's names: $*), then try again"
  fi
  progress "installing $* with apt-get"
  as_root apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# The Rust installer writes this file; a shell opened before that lacks its path.
if ! have cargo && [ -r "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
  . "${CARGO_HOME:-$HOME/.cargo}/env"
fi

need_rust() {
  have cargo || fail "cargo was not found: install Rust 1.95 or newer, see https://rustup.rs"
}

# The bundled SQLite, the cryptography library and the allocator are compiled from C.
need_c_compiler() {
  { have cc && have make; } || apt_install build-essential
}

# need_cargo_tool NAME VERSION [OPTION…]: installs a cargo subcommand where it is missing.
# Without optimisation: the tool is built once and run briefly.
need_cargo_tool() {
  if cargo "${1#cargo-}" --version >/dev/null 2>&1; then
    return
  fi
  need_c_compiler
  progress "installing $1 $2 (a few minutes, once)"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_DEBUG=0 \
    cargo install --locked --quiet "$1" --version "$2" "${@:3}" >&2
}

# From these versions on, the original starts. has_node 22: nothing older than that.
has_node() {
  have node && have npm && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    const runs = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
    process.exit(runs && major >= Number(process.argv[1]) ? 0 : 1)' "${1:-20}"
}

# need_node DIR [MAJOR]: what runs the original. Where the system's own is missing or too old, one is put into DIR.
need_node() {
  export PATH="$1/node_modules/node/bin:$PATH"
  if has_node "${2:-20}"; then
    return
  fi
  have npm || apt_install npm
  progress "installing Node.js 22 into $1 with npm"
  npm install --no-save --silent --ignore-scripts=false --prefix "$1" node@22.20.0 >&2
  hash -r # the shell remembers where the old one was
  has_node "${2:-20}" || fail "Node.js ${2:-20.19, 22.12} or newer and npm are needed; found: $(node --version 2>&1)"
}

# need_npm_packages DIR SOURCE: in DIR the packages that SOURCE's lock file names, anew when the file changes.
need_npm_packages() {
  if ! cmp -s "$2/package-lock.json" "$1/node_modules/from.json"; then
    progress "installing the packages of $2 from npm (once)"
    rm -rf "$1"
    mkdir -p "$1"
    cp "$2/package.json" "$2/package-lock.json" "$1/"
    if [ -e "$2/.npmrc" ]; then cp "$2/.npmrc" "$1/"; fi
    npm ci --prefix "$1" --omit=dev --omit=optional --ignore-scripts --silent >&2
    cp "$2/package-lock.json" "$1/node_modules/from.json"
  fi
}

# need_python_environment DIR REQUIREMENTS: a virtual environment in DIR with what the file names, made anew when it changes.
need_python_environment() {
  if ! have python3 || ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    apt_install python3 python3-venv
  fi
  if ! cmp -s "$2" "$1/requirements.txt"; then
    progress "installing $(tr '\n' ' ' <"$2")from PyPI (once)"
    rm -rf "$1"
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2" >&2
    cp "$2" "$1/requirements.txt"
  fi
}

# need_promtool DIR: what checks the page of metrics. Where there is none, the one of Debian's package is put into
# DIR, without installing the package, which would start a server.
need_promtool() {
  export PATH="$PATH:$1/usr/bin"
  if have promtool; then
    return
  fi
  have apt-get && have dpkg || fail "promtool is needed to check the metrics: install Prometheus, https://prometheus.io/download"
  progress "fetching promtool into $1"
  mkdir -p "$1"
  (
    cd "$1"
    apt-get download -qq prometheus 2>/dev/null || {
      as_root apt-get update -qq
      apt-get download -qq prometheus
    }
    dpkg -x prometheus_*.deb .
    rm -rf prometheus_*.deb usr/bin/prometheus usr/share etc var lib
  ) >&2 || fail "promtool could not be fetched: install Prometheus, then try again:  sudo apt-get install prometheus"
  have promtool || fail "Debian's package of Prometheus holds no promtool"
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below 32768, where Linux begins to hand out ports to outgoing connections.
free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 12000))
    port_is_taken "$port" || {
      echo "$port"
      return
    }
  done
  fail "no free port between 20000 and 32000 on 127.0.0.1"
}
