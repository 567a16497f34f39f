#!/usr/bin/env bash
# Startup script of a Compute Engine machine: take one job with deploy.runner, or none for a while, then delete this machine.
# Runs as root. What runs in a job is another user, who must not reach the metadata server: it hands out this
# machine's identity, and with it GitHub's token. WINNOW_ROOT is for tests.
set -euo pipefail

root="${WINNOW_ROOT:-}"
home="$root/opt/winnow-runner"
token="$root/run/winnow-token" # /run lies in memory
user=winnow-runner
server=http://metadata.google.internal/computeMetadata/v1

metadata() { curl --fail --silent --show-error --max-time 10 --header 'Metadata-Flavor: Google' "$server/$1"; }

# The identity's token goes through a file descriptor: arguments can be read by every user.
authorization() {
  metadata instance/service-accounts/default/token |
    python3 -I -c 'import json, sys; print("Authorization: Bearer " + json.load(sys.stdin)["access_token"])'
}

leave() {
  rm -f "$token"
  project=$(metadata project/project-id) && zone=$(metadata instance/zone) && name=$(metadata instance/name) &&
    curl --fail --silent --show-error --request DELETE --header @<(authorization) \
      "https://compute.googleapis.com/compute/v1/projects/$project/zones/${zone##*/}/instances/$name" >/dev/null ||
    echo "this machine could not delete itself; Google does so when its time is over" >&2
  poweroff
}
trap leave EXIT

mkdir -p "$home/deploy/runner" "$root/run" "$root/var/lib/winnow-runner"
chmod 755 "$home" "$home/deploy" "$home/deploy/runner"
touch "$home/deploy/__init__.py"
for name in __init__.py __main__.py admit.py admit.sh archive.py errors.py github.py loop.py place.py process.py stop.py; do
  metadata "instance/attributes/winnow-${name//./-}" >"$home/deploy/runner/$name"
done
chmod 755 "$home/deploy/runner/admit.sh"
id "$user" >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin "$user"

# The same address answers names (port 53): those stay.
for protocol in tcp udp; do
  iptables -I OUTPUT -d 169.254.169.254 -p "$protocol" ! --dport 53 -m owner --uid-owner "$user" -j REJECT
done
ip6tables -I OUTPUT -d fd20:ce::254 -m owner --uid-owner "$user" -j REJECT
if runuser --user "$user" -- curl --silent --max-time 5 --output /dev/null "$server/"; then
  echo "a job could reach the metadata server: no job runs on this machine" >&2
  exit 1
fi

secret=$(metadata instance/attributes/winnow-secret)
project=$(metadata project/project-id)
(
  umask 077
  curl --fail --silent --show-error --header @<(authorization) \
    "https://secretmanager.googleapis.com/v1/projects/$project/secrets/$secret/versions/latest:access" |
    python3 -I -c 'import base64, json, sys; print(base64.b64decode(json.load(sys.stdin)["payload"]["data"]).decode())' \
      >"$token"
)
mapfile -t arguments < <(metadata instance/attributes/winnow-arguments)
cd "$home"
# One job, or none for a while (--idle-s): then this machine has done its duty. Another job gets another machine.
python3 -m deploy.runner --jobs 1 --user "$user" --token-file "$token" --root "$root/var/lib/winnow-runner" \
  "${arguments[@]}"
