import type { Datagram, Instant } from '@mpquic/wire';
import { discardInitialSpace } from '../handshake/handshake-spaces.ts';
import { keysForPacket, mayTurnTo, switchVersion } from '../handshake/version-negotiation.ts';
import type { Path } from '../paths/path.ts';
import { Space } from '../recovery/loss-detection.ts';
import type { ConnectionState, HandshakeSpace } from '../state.ts';
import { isSentFrom, isSentTo, type PacketHeader } from '../wire/packet-header.ts';
import { drop } from './dropped-packets.ts';
import { handlePayload } from './payload.ts';
import { keepEarly } from './waiting-packets.ts';

/** RFC 9000 §14.1 */
const LEAST_INITIAL_DATAGRAM = 1200;

/** Initial. RFC 9000 §17.2.2 */
export function receiveInitial(
  state: ConnectionState,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  // RFC 9000 §14.1: a server MUST discard Initial packets of small datagrams.
  if (state.role === 'server' && datagram.payload.length < LEAST_INITIAL_DATAGRAM) {
    return drop(state, 'initial_datagram_too_small', header, now);
  }
  // RFC 9000 §17.2.2: a server's Initial carries no token; others are discarded or an error.
  if (state.role === 'client' && header.tokenLength > 0) {
    return drop(state, 'initial_with_token', header, now);
  }
  return receiveHandshakePacket(state, state.handshake?.initial, header, datagram, now);
}

/** Handshake. RFC 9000 §17.2.4 */
export function receiveHandshake(
  state: ConnectionState,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  return receiveHandshakePacket(state, state.handshake?.handshake, header, datagram, now);
}

function receiveHandshakePacket(
  state: ConnectionState,
  space: HandshakeSpace | undefined,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  const { handshake } = state;
  const path = state.paths.get(0);
  if (handshake === undefined || path === undefined) {
    if (header.type === 'handshake') repeatConfirmation(state);
    return drop(state, 'keys_discarded', header, now);
  }
  if (!isHandshakeDestination(state, header)) {
    return drop(state, 'unknown_connection_id', header, now);
  }
  // RFC 9000 §7.2: subsequent packets with a different Source Connection ID MUST be discarded.
  const { peerSource } = handshake;
  if (peerSource !== undefined && !isSentFrom(header, peerSource)) {
    return drop(state, 'source_connection_id_changed', header, now);
  }
  // RFC 9000 §9: no migration before the handshake is confirmed.
  if (!isHandshakePath(state, path, datagram)) {
    return drop(state, 'address_changed_in_handshake', header, now);
  }
  if (space === undefined) return drop(state, 'keys_discarded', header, now);
  const keys = keysForPacket(state, handshake, space, header);
  if (keys === undefined) return receiveOtherVersion(state, header, datagram, now);
  if (!keys.canOpen) return keepEarly(state, 'handshake', header, datagram, now);

  const opened = state.environment.workspace.opened;
  if (!keys.open(header, space.acks.largestReceived, opened)) {
    return dropForged(state, header, now);
  }
  if (keys !== space.keys && header.version !== undefined && mayTurnTo(state, header.version)) {
    switchVersion(state, handshake, header.version, keys);
  }
  if (space.acks.isDuplicate(opened.packetNumber)) return drop(state, 'duplicate', header, now);
  if (!handshake.packetOpened) beginWithPeer(state, header);
  if (state.role === 'server' && space.level === 'handshake') {
    // RFC 9000 §8.1: a Handshake packet validates the client's address; RFC 9001 §4.9.1: and ends Initial.
    path.network.amplification.lift();
    discardInitialSpace(state, now);
  }
  handlePayload(state, path, space.level, 0, header, opened, datagram, now);
  return true;
}

/** Anyone may send such packets: only so many are answered. */
const CONFIRMATION_LIMIT = 4;

/** A client that still sends Handshake packets has no HANDSHAKE_DONE: it gets another at once. RFC 9002 §6.2.3 */
function repeatConfirmation(state: ConnectionState): void {
  const path = state.paths.get(0);
  if (state.role === 'client' || state.peerConfirmed || path === undefined) return;
  if (path.probesOwed > 0 || state.confirmationsRepeated >= CONFIRMATION_LIMIT) return;
  state.confirmationsRepeated += 1;
  path.probesOwed = 1;
  path.probeSpace = Space.application;
}

/** A Handshake packet may come before the Initial that tells of its version. RFC 9369 §4.1 */
function receiveOtherVersion(
  state: ConnectionState,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  const { version } = header;
  if (header.type === 'handshake' && version !== undefined && mayTurnTo(state, version)) {
    return keepEarly(state, 'handshake', header, datagram, now);
  }
  return drop(state, 'other_version', header, now);
}

/** RFC 9001 §6.6: packets that fail authentication count under all keys together. */
function dropForged(state: ConnectionState, header: PacketHeader, now: Instant): false {
  state.keys?.failed();
  return drop(state, 'decryption_failed', header, now);
}

/** The peer's first authenticated packet tells its connection ID. RFC 9000 §7.2 */
function beginWithPeer(state: ConnectionState, header: PacketHeader): void {
  const { handshake } = state;
  if (handshake === undefined) return;
  handshake.packetOpened = true;
  const { buffer, sourceStart, sourceLength } = header;
  const source = buffer.slice(sourceStart, sourceStart + sourceLength);
  handshake.peerSource = source;
  state.paths.record(0).peerIds.useInitial(source);
}

/** 0-RTT, which shares its packet numbers with 1-RTT. RFC 9001 §4.6, RFC 9000 §12.3 */
export function receiveEarlyPacket(
  state: ConnectionState,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  const path = state.paths.get(0);
  const { early, handshake } = state;
  if (state.role === 'client' || path === undefined) {
    return drop(state, 'unexpected_early_data', header, now);
  }
  if (handshake !== undefined && !isHandshakeDestination(state, header)) {
    return drop(state, 'unknown_connection_id', header, now);
  }
  if (!isHandshakePath(state, path, datagram)) {
    return drop(state, 'address_changed_in_handshake', header, now);
  }
  if (early === undefined) {
    // The ClientHello that decides about it may not be whole yet.
    if (state.keys === undefined) return keepEarly(state, 'early', header, datagram, now);
    return drop(state, 'early_data_refused', header, now);
  }
  if (header.version !== early.version) return drop(state, 'other_version', header, now);
  if (!early.keys.canOpen) return drop(state, 'keys_discarded', header, now);
  const opened = state.environment.workspace.opened;
  if (!early.keys.open(header, path.acks.largestReceived, opened)) {
    return dropForged(state, header, now);
  }
  if (path.acks.isDuplicate(opened.packetNumber)) return drop(state, 'duplicate', header, now);
  handlePayload(state, path, 'early', 0, header, opened, datagram, now);
  return true;
}

function isHandshakeDestination(state: ConnectionState, header: PacketHeader): boolean {
  const { handshake, role } = state;
  if (handshake === undefined) return false;
  if (isSentTo(header, handshake.localSource)) return true;
  return role === 'server' && isSentTo(header, handshake.initialDestination);
}

/** A client knows its server by the remote address alone; which of its own took the packet is its affair. */
function isHandshakePath(state: ConnectionState, path: Path, datagram: Datagram): boolean {
  const local = state.role === 'client' ? path.network.local : datagram.local;
  return path.isAt(local, datagram.remote);
}
