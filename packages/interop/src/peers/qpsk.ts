import { existsSync } from 'node:fs';
import type { Peer } from '../matrix.ts';
import { clientCases } from './qpsk-client-cases.ts';
import { serverCases } from './qpsk-server-cases.ts';
import { QPSK_CLIENT, QPSK_SERVER } from './qpsk-setup.ts';

/** ngtcp2 and GnuTLS with external PSKs: our C programs on Debian's libraries. */
export const qpsk: Peer = {
  name: 'qpsk',
  description: 'ngtcp2 + GnuTLS, external PSK (our C programs on Debian libraries)',
  detect: () =>
    Promise.resolve(
      existsSync(QPSK_SERVER) && existsSync(QPSK_CLIENT)
        ? { installed: true, version: 'built here' }
        : { installed: false, reason: 'run scripts/install-interop.sh (Debian, as root)' },
    ),
  cases: [...clientCases, ...serverCases],
};
