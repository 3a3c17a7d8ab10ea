import { existsSync } from 'node:fs';
import type { Peer } from '../matrix.ts';
import { clientCases } from './gtls-client-cases.ts';
import { serverCases } from './gtls-server-cases.ts';
import { GTLS_CLIENT, GTLS_SERVER } from './gtls-setup.ts';

/** ngtcp2 and GnuTLS with certificates and HTTP/3: the programs of Debian's packages. */
export const gtls: Peer = {
  name: 'ngtcp2',
  description: 'gtlsserver and gtlsclient (ngtcp2 + GnuTLS, HTTP/3, certificates)',
  detect: () =>
    Promise.resolve(
      existsSync(GTLS_SERVER) && existsSync(GTLS_CLIENT)
        ? { installed: true, version: 'of Debian' }
        : { installed: false, reason: 'run scripts/install-interop.sh (Debian, as root)' },
    ),
  cases: [...clientCases, ...serverCases],
};
