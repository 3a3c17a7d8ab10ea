#!/bin/bash
# Started by the QUIC interop runner in its container: routes first, a client also waits for the network.
set -e
[ -x /setup.sh ] && /setup.sh
if [ "$ROLE" = client ] && [ -x /wait-for-it.sh ]; then
  /wait-for-it.sh sim:57832 -s -t 30
fi
exec node /app/packages/interop/bin/runner-endpoint.mjs
