#!/usr/bin/env bash
# Make this checkout ready, one line for each step that is not done yet; a second run is quick.
#
#   tools/setup.sh run      what the centre needs: .venv, the locked packages, the centre itself
#   tools/setup.sh check    that, and what the checks need
#   tools/setup.sh test     that, and the browser, broker, database server and MQTT client the tests talk to
#
# VENV   where the virtual environment stands (default: .venv)
# PYTHON the interpreter to make it with (default: the first of python3.11 … python3 that is new enough)
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=${VENV:-.venv}
BUILD_INPUT="pyproject.toml hatch_build.py package.json package-lock.json"
CLIENTS=tests/integration/clients

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}
digest() { cat "$@" | cksum | tr ' \t' '--'; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer is needed; name it with PYTHON=… if it is not on the PATH"
}

environment() {
  [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c 'import sys' >/dev/null 2>&1 && return
  local python
  python=$(find_python)
  say "making a virtual environment in $VENV with $("$python" --version)"
  "$python" -m venv "$VENV" || fail "$python cannot make a virtual environment (Debian: install python3-venv)"
}

# once NAME DIGEST: false when NAME was done for exactly this input; call done_with NAME DIGEST afterwards.
once() { [ "$(cat "$VENV/.setup-$1" 2>/dev/null)" != "$2" ]; }
done_with() { printf '%s\n' "$2" >"$VENV/.setup-$1"; }

locked_packages() {
  local lock=$1 key
  key=$(digest "$lock")
  if once "$lock" "$key"; then
    say "installing the packages of $lock (a minute or so, once)"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r "$lock"
    done_with "$lock" "$key"
  fi
}

centre() {
  local key
  # shellcheck disable=SC2086  # a list of file names without blanks
  key=$(digest $BUILD_INPUT)
  if once centre "$key" || [ ! -e console/static/vendor/.stamp ]; then
    say "installing carebell from this folder, and the files its pages load"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
    done_with centre "$key"
  fi
}

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
has_postgres() { has postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
has_chinese_font() { compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null || { has fc-list && [ -n "$(fc-list :lang=zh)" ]; }; }

system_packages() {
  local missing=()
  has chromium || missing+=(chromium)
  has mosquitto || missing+=(mosquitto)
  has mosquitto_pub || missing+=(mosquitto-clients)
  has_postgres || missing+=(postgresql)
  has_chinese_font || missing+=(fonts-noto-cjk)
  has npm || missing+=(npm)
  [ ${#missing[@]} -eq 0 ] && return
  has apt-get || fail "the tests also need: ${missing[*]} (Debian's names); install them and run this again"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    has sudo || fail "the tests also need: ${missing[*]}; as root: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing Debian's ${missing[*]}"
  "${sudo[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 install "${missing[@]}" >/dev/null
  # The tests start their own servers; the ones Debian starts by itself would sit on the ports of a centre.
  local service
  for service in mosquitto postgresql; do
    [[ " ${missing[*]} " == *" $service "* ]] || continue
    "${sudo[@]}" service "$service" stop >/dev/null 2>&1 || true
    "${sudo[@]}" systemctl disable "$service" >/dev/null 2>&1 || true
  done
}

test_clients() {
  local key
  key=$(digest "$CLIENTS/package-lock.json")
  if once clients "$key" || [ ! -d "$CLIENTS/node_modules" ]; then
    say "installing the MQTT client the tests are tried with, by npm"
    npm ci --prefix "$CLIENTS" --no-audit --no-fund --loglevel=error >/dev/null
    done_with clients "$key"
  fi
}

case ${1:-} in
  run)
    environment
    locked_packages requirements.lock
    centre
    ;;
  check)
    environment
    locked_packages requirements-dev.lock
    centre
    ;;
  test)
    environment
    locked_packages requirements-dev.lock
    centre
    system_packages
    test_clients
    ;;
  *) fail "say what for: tools/setup.sh run | check | test" ;;
esac
