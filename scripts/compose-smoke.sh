#!/usr/bin/env bash
# Runs `docker-compose up` once and proves that the ue-agent container ends well. Makes an engine and a base image first
# where this machine has none and is Debian with root; elsewhere the missing piece is reported with status 127.
#   usage: scripts/compose-smoke.sh
set -euo pipefail
cd "$(dirname "$0")/.."

if docker info >/dev/null 2>&1 && docker image inspect node:24-bookworm-slim >/dev/null 2>&1; then
  base=node:24-bookworm-slim
elif [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
  base=mpquic-base:local
  scripts/docker-without-registry.sh "$base"
else
  echo "compose smoke test: no Docker Engine here, and none can be made without root on Debian" >&2
  exit 127
fi
if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi

export BASE=$base COMPOSE_PROJECT_NAME=mpquic-smoke-$$
cleanup() { "${compose[@]}" down --volumes --remove-orphans >/dev/null 2>&1 || true; }
trap cleanup EXIT

"${compose[@]}" build
log=$(mktemp)
set +e
timeout 180 "${compose[@]}" up --no-color --exit-code-from ue-agent >"$log" 2>&1
status=$?
set -e
grep -E 'ue-agent' "$log" | tail -60
if [ $status -ne 0 ]; then
  tail -80 "$log"
  echo "compose smoke test: the ue-agent container ended with status $status" >&2
  exit 1
fi
for proof in 'PSK' 'non-3gpp'; do
  grep -q -- "$proof" "$log" || { echo "compose smoke test: no '$proof' in the output" >&2; exit 1; }
done
echo "compose smoke test: passed"
