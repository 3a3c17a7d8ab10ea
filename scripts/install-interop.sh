#!/usr/bin/env bash
# Installs what `mpq interop` and the capture checks use beside Node.js, from Debian's packages, and builds our C peers.
#   usage: scripts/install-interop.sh        (as root, Debian 12 or later)
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(tshark gcc make libc6-dev pkg-config libngtcp2-dev libngtcp2-crypto-gnutls-dev libgnutls28-dev openssl gnutls-bin ngtcp2-client ngtcp2-server)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}"
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -yq --no-install-recommends "${missing[@]}" >/dev/null
fi
make -s -C packages/interop/peers/qpsk

# Peers from language registries; each is left out where its tool is missing, and `mpq interop` says so.
if command -v cargo >/dev/null; then
  (cd packages/interop/peers/noq && cargo build --quiet --release --locked) || echo 'noq: not built'
fi
