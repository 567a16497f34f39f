#!/usr/bin/env bash
# Install the runner as a service on a machine with systemd: sudo deploy/runner/install.sh OWNER/NAME [ARGUMENT ...]
# Reads GitHub's token from standard input. Run again, it replaces what is there. WINNOW_ROOT is for tests.
set -euo pipefail

if [[ $# -lt 1 || $1 != */* ]]; then
  echo "usage: install.sh OWNER/NAME [--label gpu ...] < TOKEN" >&2
  exit 2
fi
repository=$1
shift
# systemd splits $ARGUMENTS at blanks: no argument of the runner has one.
for argument in "$repository" "$@"; do
  if ! [[ $argument =~ ^[A-Za-z0-9._:/@=-]+$ ]]; then
    echo "error: cannot pass on the argument '$argument'" >&2
    exit 2
  fi
done
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "error: this takes Python 3.11 or newer" >&2
  exit 3
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root="${WINNOW_ROOT:-}"
code="$root/opt/winnow-runner" settings="$root/etc/winnow-runner"

id winnow-runner >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin winnow-runner
install -d -m 755 "$code" "$code/deploy" "$code/deploy/runner"
install -d -m 711 "$root/var/lib/winnow-runner"
install -d -m 700 "$settings"
install -m 644 "$here/../__init__.py" "$code/deploy/"
install -m 644 "$here"/*.py "$code/deploy/runner/"
install -m 755 "$here/admit.sh" "$code/deploy/runner/"
# A new file, for the mode of an old one would stay.
rm -f "$settings/token"
(umask 077 && cat >"$settings/token")
printf 'ARGUMENTS=--repository %s %s\n' "$repository" "${*:---label gpu}" >"$settings/arguments"
install -d -m 755 "$root/etc/systemd/system"
install -m 644 "$here/winnow-runner.service" "$root/etc/systemd/system/"
systemctl daemon-reload
systemctl enable --now winnow-runner.service
echo "runner: started; see it with: journalctl -fu winnow-runner"
