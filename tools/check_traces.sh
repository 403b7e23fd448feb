#!/usr/bin/env bash
# No committed file may name a package registry's host or a path of one developer's machine: both work only there.
set -euo pipefail
cd "$(dirname "$0")/.."

registries='(pypi|pythonhosted|npmjs|yarnpkg|(deb|security)\.debian)\.(org|com)'
machine='(^|[^[:alnum:]._-])/(root|work|home|Users)/[[:alnum:]._]'

# Files that git knows or would add; -s, because one may be deleted and not yet committed.
found() { git ls-files -z --cached --others --exclude-standard | xargs -0 -r grep -nIEs "$registries|$machine"; }

hits=$(found | cut -c1-160) || true
if [ -n "$hits" ]; then
  printf 'hosts of a registry, or paths of a machine:\n%s\n' "$hits" >&2
  exit 1
fi
echo "no registry host and no machine path in any file"
