import type { Address, Instant } from '@mpquic/wire';
import type { ConnectionState } from '../state.ts';

/**
 * A server gives its client a token for its next connection, by which it shows an address that this
 * connection has validated: after the handshake, and where the client turns up at another host. RFC 9000 §8.1.3
 */
export function issueToken(state: ConnectionState, remote: Address, now: Instant): void {
  if (state.tokenHost === undefined || state.tokenHost === remote.host) return;
  state.tokenHost = remote.host;
  const token = state.environment.addressTokens.issueNewToken(remote, state.version, now);
  state.outbox.push({ type: 'new_token', token });
}
