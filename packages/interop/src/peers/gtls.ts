import { existsSync } from 'node:fs';
import { CaseUnsupported, type InteropCase, type OurRole, type Peer } from '../matrix.ts';
import { clientCases } from './gtls-client-cases.ts';
import { serverCases } from './gtls-server-cases.ts';
import { GTLS_CLIENT, GTLS_SERVER } from './gtls-setup.ts';

/** Its number is 0x709a50c4; that of RFC 9369 is 0x6b3343cf. */
function withoutVersion2(role: OurRole): InteropCase[] {
  return ['version-2', 'compatible-version'].map((name) => ({
    name,
    role,
    run: () =>
      Promise.reject(new CaseUnsupported('ngtcp2 0.12 knows version 2 by the number of a draft')),
  }));
}

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
  cases: [
    ...clientCases,
    ...withoutVersion2('client'),
    ...serverCases,
    ...withoutVersion2('server'),
  ],
};
