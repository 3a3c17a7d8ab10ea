#!/usr/bin/env bash
# Runs `docker-compose up` and proves what docker-compose.yml promises: the ue-agent container ends well with user traffic over
# both accesses while one is cut, and what stays up works: traffic of the second UE, accesses cut over HTTP, metrics. Makes an
# engine and a base image first where this machine has none and is Debian with root; elsewhere it ends with status 127.
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
log=$(mktemp)
report=$(mktemp)
cleanup() {
  "${compose[@]}" down --volumes --remove-orphans >/dev/null 2>&1 || true
  rm -f "$log" "$report"
}
trap cleanup EXIT
fail() {
  "${compose[@]}" logs --no-color --tail 20 2>/dev/null | tail -120
  echo "compose smoke test: $1" >&2
  exit 1
}

# One image serves all.
"${compose[@]}" build upf-proxy
timeout 120 "${compose[@]}" up -d --no-build >"$log" 2>&1 || { cat "$log"; fail 'not everything started'; }

ue=$("${compose[@]}" ps -a -q ue-agent 2>/dev/null || "${compose[@]}" ps -q ue-agent)
status=$(timeout 120 docker wait "$ue") || fail 'the ue-agent container does not end'
docker logs "$ue" 2>/dev/null | cut -c1-240
[ "$status" = 0 ] || fail "the ue-agent container ended with status $status"
docker cp -q "$ue:/tmp/report.json" - 2>/dev/null | tar -xO >"$report" || docker cp "$ue:/tmp/report.json" - | tar -xO >"$report"
node scripts/check-user-traffic.mjs "$report" || fail 'user traffic did not do what it should'

# What stays up can be played with, as docs/containers.md says.
address() { "${compose[@]}" port "${3:---protocol=tcp}" "$1" "$2" | sed 's/^0\.0\.0\.0/127.0.0.1/'; }
echo_through_tunnel() {
  local port
  port=$(address ue-traffic 7007 --protocol=udp)
  node scripts/udp-echo.mjs "127.0.0.1:${port##*:}" "$1" || fail "no echo of \"$1\" through the tunnel"
}
set_access() {
  curl -fsS -m 5 -X PATCH -d "{\"both\": {\"blackhole\": $2}}" "http://$(address "$1" 8080)/" >/dev/null ||
    fail "the control interface of $1 does not answer"
}
echo_through_tunnel 'over both accesses'
set_access access-3gpp true
echo_through_tunnel 'over non-3GPP access alone'
timeout 60 "${compose[@]}" exec -T ue-traffic mpq quic-client 127.0.0.1:4433 --alpn hq-interop --max-payload 1200 \
  --psk files=66696c657320626568696e6420746865 --get /1000000 --json >"$report" || fail 'no file through the tunnel'
grep -q '"status": 200' "$report" || fail 'the file did not arrive whole'
echo 'ok     1000000 octets of a file while 3GPP access is cut'
set_access access-3gpp false
set_access access-non-3gpp true
echo_through_tunnel 'over 3GPP access alone'
set_access access-non-3gpp false
curl -fsS -m 5 "http://$(address upf-proxy 9090)/metrics" >"$report" || fail 'no metrics'
grep -E '^mpq_(udp|path|n4)' "$report" || fail 'no metrics of the user plane'
echo "compose smoke test: passed"
