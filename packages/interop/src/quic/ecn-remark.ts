import { openDgramSocket, openFastestSocket, type QuicSession } from '@mpquic/endpoint';
import { CaseUnsupported, expect } from '../matrix.ts';

/**
 * Whether the peer counts the ECT(0) marks of our packets, so that the path counts as capable of ECN.
 * RFC 9000 §13.4.2
 * @throws {CaseFailure}
 */
export function ecnRemark(session: QuicSession | undefined): string {
  if (openFastestSocket === openDgramSocket) {
    throw new CaseUnsupported('only sockets of the addon of @mpquic/native mark packets');
  }
  const state = session?.paths[0]?.ecn;
  expect(state === 'capable', `ECN is ${state}`);
  return 'the peer counts ECT(0)';
}
