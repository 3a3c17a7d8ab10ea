import type { Peer } from '../matrix.ts';
import { clientCases } from './noq-client-cases.ts';
import { serverCases } from './noq-server-cases.ts';
import { noqIsBuilt } from './noq-setup.ts';

/** noq, in Rust: the one other stack here that speaks multipath, by certificates. */
export const noq: Peer = {
  name: 'noq',
  description: 'noq 1.4 (Rust, rustls): draft-ietf-quic-multipath with certificates',
  detect: () =>
    Promise.resolve(
      noqIsBuilt()
        ? { installed: true, version: '1.4.0' }
        : { installed: false, reason: 'run scripts/install-interop.sh with cargo 1.88 or later' },
    ),
  cases: [...clientCases, ...serverCases],
};
