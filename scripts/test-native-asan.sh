#!/usr/bin/env bash
# Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer, beside the ordinary one, and runs against it
# the tests of packages/native, with a longer fuzz of the boundary, and those of crypto and endpoint.
# usage: scripts/test-native-asan.sh [NODEDIR]      NODEDIR/include/node holds the headers; found where left out
#        MPQUIC_FUZZ_RUNS=N    inputs for each function of the addon (default 3000)
# Where nothing can be compiled it says so and ends with status 0: there the addon is not in use either.
set -euo pipefail
cd "$(dirname "$0")/.."

node scripts/prepare.mjs
MPQUIC_SANITIZE=1 node scripts/build-native.mjs ${1:+"--nodedir=$1"}
addon=packages/native/build/sanitized/build/Release/mpquic_native.node
compiler=${CXX:-c++}
if ! command -v "$compiler" >/dev/null; then
  echo "sanitizers: NOT RUN, there is no C++ compiler on this machine"
  exit 0
fi
[ -f "$addon" ] || { echo "the sanitized addon was not built" >&2; exit 1; }

# Node.js itself is not instrumented: the runtime comes first by preloading, and what Node.js leaks is not ours.
run_tests() {
  LD_PRELOAD="$("$compiler" -print-file-name=libasan.so) $("$compiler" -print-file-name=libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:abort_on_error=1:detect_stack_use_after_return=1 \
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    MPQUIC_ADDON="$PWD/$addon" MPQUIC_FUZZ_RUNS="${MPQUIC_FUZZ_RUNS:-3000}" \
    timeout 300 node --expose-gc scripts/run-tests.mjs "packages/$1/" >"out/sanitizers-$1.log" 2>&1 ||
    { tail -100 "out/sanitizers-$1.log"; echo "sanitizers: packages/$1 failed" >&2; exit 1; }
  echo "sanitizers: packages/$1, $(grep -E '^# pass' "out/sanitizers-$1.log" | tr -d '#')"
}

mkdir -p out
for package in native crypto endpoint; do run_tests "$package"; done
