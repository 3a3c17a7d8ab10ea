#!/usr/bin/env bash
# Builds ngtcp2's core as WebAssembly, with the shim of packages/ngtcp2, from Debian's source package with Debian's emscripten.
#   usage: scripts/build-ngtcp2-wasm.sh        (Debian 12; as root where emscripten is to be installed)
# The system's package sources stay as they are: lists and sources go to packages/ngtcp2/build, which git ignores.
set -euo pipefail
cd "$(dirname "$0")/../packages/ngtcp2"
release=bookworm
mkdir -p build/apt/partial build/include/ngtcp2
cd build

if ! { command -v emcc && command -v dpkg-source; } >/dev/null; then
  echo 'installing emscripten dpkg-dev'
  apt-get update -q >/dev/null
  # 1 GB installed; the compiled C library is part of it, so that nothing else needs to be built.
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -yq --no-install-recommends emscripten dpkg-dev >/dev/null
fi

if [ -z "$(compgen -G 'ngtcp2-*/lib/ngtcp2_conn.c')" ]; then
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  {
    echo "deb-src [signed-by=$keys] http://deb.debian.org/debian $release main"
    echo "deb-src [signed-by=$keys] http://deb.debian.org/debian-security $release-security main"
  } >sources.list
  apt=(apt-get -qq -o "Dir::Etc::SourceList=$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$PWD/apt"
    -o APT::Sandbox::User=root)
  "${apt[@]}" update
  "${apt[@]}" source ngtcp2 >/dev/null
fi
source=$(dirname "$(dirname ngtcp2-*/lib/ngtcp2_conn.c)")
version=${source#ngtcp2-}
version=${version%%+*}
IFS=. read -r major minor patch <<<"$version"
sed -e "s/@PACKAGE_VERSION@/$version/" -e "s/@PACKAGE_VERSION_NUM@/$(printf '0x%02x%02x%02x' "$major" "$minor" "$patch")/" \
  "$source/lib/includes/ngtcp2/version.h.in" >include/ngtcp2/version.h

# No JavaScript of emscripten's: the package instantiates the module itself. What the shim imports is undefined here.
emcc -O2 -Wall -Wextra -DHAVE_CONFIG_H -I../shim -Iinclude -I"$source/lib" -I"$source/lib/includes" "$source"/lib/*.c ../shim/*.c \
  --no-entry -sSTANDALONE_WASM -sERROR_ON_UNDEFINED_SYMBOLS=0 -sWARN_ON_UNDEFINED_SYMBOLS=0 \
  -sINITIAL_MEMORY=2MB -sTOTAL_STACK=128KB -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=256MB -o new.wasm
mv new.wasm ngtcp2.wasm
echo "$version" >version
(export LC_ALL=C && cat ../shim/*) | sha256sum >shim.sha256
echo "ngtcp2 $version as WebAssembly: packages/ngtcp2/build/ngtcp2.wasm ($(stat -c %s ngtcp2.wasm) octets)"
