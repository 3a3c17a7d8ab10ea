#!/bin/sh
# Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer, beside the ordinary one, and runs the tests of
# packages/native against it, with a longer fuzz of the boundary.
# usage: scripts/test-native-asan.sh [NODEDIR]      NODEDIR/include/node holds the headers; found where left out
set -eu
cd "$(dirname "$0")/.."

node scripts/prepare.mjs
MPQUIC_SANITIZE=1 node scripts/build-native.mjs ${1:+"--nodedir=$1"}
addon=packages/native/build/sanitized/build/Release/mpquic_native.node
[ -f "$addon" ] || { echo "the sanitized addon was not built" >&2; exit 1; }

# Node.js itself is not instrumented: the runtime comes first by preloading, and what Node.js leaks is not ours.
asan=$("${CXX:-c++}" -print-file-name=libasan.so)
ubsan=$("${CXX:-c++}" -print-file-name=libubsan.so)
LD_PRELOAD="$asan $ubsan" \
ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:abort_on_error=1:detect_stack_use_after_return=1 \
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
MPQUIC_ADDON="$PWD/$addon" MPQUIC_FUZZ_RUNS="${MPQUIC_FUZZ_RUNS:-5000}" \
  timeout 900 node --expose-gc scripts/run-tests.mjs packages/native
