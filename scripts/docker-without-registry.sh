#!/usr/bin/env bash
# Makes a Docker Engine and a base image on a Debian machine that reaches Debian's packages and the npm registry but no
# container registry: the image is debootstrap's minimal Debian with this machine's node and npm.
#   usage: scripts/docker-without-registry.sh [IMAGE]     default: mpquic-base:local     (as root)
set -euo pipefail
image=${1:-mpquic-base:local}
if ! { command -v dockerd && command -v docker-compose && command -v debootstrap; } >/dev/null; then
  echo "installing docker.io docker-compose debootstrap"
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -yq --no-install-recommends \
    docker.io docker-compose debootstrap iptables >/dev/null
fi
if ! docker info >/dev/null 2>&1; then
  setsid dockerd >"${DOCKERD_LOG:-/tmp/dockerd.log}" 2>&1 &
  for _ in $(seq 120); do
    docker info >/dev/null 2>&1 && break
    sleep 0.5
  done
fi
docker info >/dev/null
if docker image inspect "$image" >/dev/null 2>&1; then
  echo "$image is there"
  exit 0
fi
root=$(mktemp -d)
trap 'rm -rf "$root" "$root.log"' EXIT
mirror=$(awk '$1=="URIs:"{print $2; exit}' /etc/apt/sources.list.d/debian.sources)
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
debootstrap --variant=minbase --include=ca-certificates,libstdc++6,iproute2 "$release" "$root" "$mirror" >"$root.log" 2>&1 \
  || { tail "$root.log"; exit 1; }
cp "$(command -v node)" "$root/usr/bin/node"
mkdir -p "$root/usr/lib/node_modules"
cp -r "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$root/usr/lib/node_modules/npm"
ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/host-ca.crt"
tar -C "$root" -c . | docker import --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/host-ca.crt' \
  --change 'CMD ["node"]' - "$image" >/dev/null
echo "$image made"
