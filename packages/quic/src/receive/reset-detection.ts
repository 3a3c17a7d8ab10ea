import type { Instant } from '@mpquic/wire';
import { beginDraining } from '../close.ts';
import { endsInToken } from '../set/stateless-reset.ts';
import type { ConnectionState } from '../state.ts';

/**
 * Whether a datagram of which nothing could be opened is a stateless reset: it ends in the token of a
 * connection ID in use. All tokens are compared, each in constant time. RFC 9000 §10.3.1
 */
export function receiveStatelessReset(
  state: ConnectionState,
  datagram: Uint8Array,
  now: Instant,
): boolean {
  let matches = false;
  for (const path of state.paths.list) {
    // MP-21 §3.4: the connection IDs of an abandoned path are retired, and their tokens with them.
    if (path.state === 'abandoned') continue;
    const token = path.peerIds.current?.statelessResetToken;
    if (token !== undefined && endsInToken(state.crypto, datagram, token)) matches = true;
  }
  if (!matches) return false;
  const reason = 'stateless reset';
  beginDraining(state, { by: 'reset', application: false, code: 0, frameType: 0, reason }, now);
  return true;
}
