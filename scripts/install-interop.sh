#!/usr/bin/env bash
# Installs what `mpq interop` and the capture checks use beside Node.js, from Debian's packages, and builds our C peers.
#   usage: scripts/install-interop.sh        (as root, Debian 12 or later)
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(tshark gcc make libc6-dev pkg-config libngtcp2-dev libngtcp2-crypto-gnutls-dev libgnutls28-dev openssl libssl-dev gnutls-bin ngtcp2-client ngtcp2-server
  python3-venv caddy chromium)
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
make -s -C packages/testbed/ceiling

# Emscripten is large (1 GB): a minute to fetch, ten seconds to build with.
timeout 400 scripts/build-ngtcp2-wasm.sh || echo 'ngtcp2-wasm: not built'

# Peers from language registries; each is left out where its tool is missing, and `mpq interop` says so. What they install
# stays in .interop/ and in the folders of the peers, outside of the project's own dependencies. None may take for ever.
if command -v cargo >/dev/null; then
  for peer in noq quinn; do
    (cd "packages/interop/peers/$peer" && timeout 900 cargo build --quiet --release --locked) || echo "$peer: not built"
  done
fi
if command -v go >/dev/null; then
  (cd packages/interop/peers/quic-go && timeout 300 go build -o build/quic-go-peer .) || echo 'quic-go: not built'
fi
if [ ! -e .interop/aioquic/bin/python ]; then
  { python3 -m venv .interop/aioquic && timeout 300 .interop/aioquic/bin/pip install --quiet aioquic==1.7.2; } >/dev/null || {
    echo 'aioquic: not installed'
    rm -rf .interop/aioquic
  }
fi

npm_peer() { # FOLDER PACKAGE@VERSION [FLAG]...
  local folder=.interop/$1
  [ -e "$folder/node_modules/${2%@*}" ] && return
  mkdir -p "$folder"
  [ -e "$folder/package.json" ] || echo '{"private":true}' >"$folder/package.json"
  timeout 180 npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error "${@:3}" "$2" >/dev/null ||
    echo "$2: not installed"
}
npm_peer matrixai @matrixai/quic@2.0.9
# Says that it wants Node.js 24; runs with 20.
npm_peer currentspace @currentspace/http3@0.9.0 --force
