import type { Instant } from '@mpquic/wire';
import { LevelKeys } from '../protection/level-keys.ts';
import { AckTracker, HANDSHAKE_ACK_POLICY } from '../recovery/ack-tracker.ts';
import { Space } from '../recovery/loss-detection.ts';
import { SentPackets } from '../recovery/sent-packets.ts';
import type { ConnectionState, HandshakeSpace } from '../state.ts';
import { CryptoStream } from '../streams/crypto-stream.ts';

/** Packets of one handshake level in flight, at most; a power of two. */
const CAPACITY = 256;

export function createHandshakeSpace(
  level: 'initial' | 'handshake',
  keys: LevelKeys,
): HandshakeSpace {
  return {
    level,
    space: Space[level],
    keys,
    acks: new AckTracker(HANDSHAKE_ACK_POLICY),
    packets: new SentPackets(CAPACITY),
    crypto: new CryptoStream(),
  };
}

/** Initial keys for a first or a new destination connection ID. RFC 9001 §5.2 */
export function initialKeys(
  state: Pick<ConnectionState, 'crypto' | 'version' | 'role'>,
  destination: Uint8Array,
): LevelKeys {
  return LevelKeys.initial(state.crypto, state.version, state.role, destination);
}

/** RFC 9001 §4.9.1: a client with its first Handshake packet sent, a server with the first received. */
export function discardInitialSpace(state: ConnectionState, now: Instant): void {
  const { handshake } = state;
  if (handshake?.initial === undefined) return;
  discardSpace(state, handshake.initial, now);
  handshake.otherInitial?.keys.dispose();
  handshake.otherInitial = undefined;
  handshake.initial = undefined;
}

/** RFC 9001 §4.9.2: when the handshake is confirmed. */
export function discardHandshakeSpace(state: ConnectionState, now: Instant): void {
  const { handshake } = state;
  if (handshake?.handshake === undefined) return;
  discardSpace(state, handshake.handshake, now);
  handshake.handshake = undefined;
}

function discardSpace(state: ConnectionState, space: HandshakeSpace, now: Instant): void {
  state.paths.get(0)?.recovery.loss.discardSpace(space.space, now);
  space.keys.dispose();
  space.crypto.discard();
}
