import type { Datagram, Instant } from '@mpquic/wire';
import { equalBytes } from '@mpquic/wire';
import { closeWithError } from '../close.ts';
import type { PacketLevel } from '../contract.ts';
import { driveHandshake } from '../handshake/handshake.ts';
import { discardInitialSpace } from '../handshake/handshake-spaces.ts';
import { receiveRetry, receiveVersionNegotiation } from '../handshake/retry-handling.ts';
import { keysForPacket, mayTurnTo, switchVersion } from '../handshake/version-negotiation.ts';
import { isAcceptableSource, packetArrivedOn, pathOfPacket } from '../path-verbs/path-arrivals.ts';
import { CONNECTION_ID_LENGTH } from '../paths/connection-id-table.ts';
import type { Path } from '../paths/path.ts';
import type { OpenedPacket } from '../protection/packet-opening.ts';
import { Space } from '../recovery/loss-detection.ts';
import type { ConnectionState, EarlyPacket, HandshakeSpace } from '../state.ts';
import { TransportError } from '../transport-error.ts';
import { cloneFrame, type Frame } from '../wire/frames.ts';
import {
  destinationConnectionId,
  type PacketHeader,
  type PacketType,
  sourceConnectionId,
} from '../wire/packet-header.ts';
import { dropPacket } from './dropped-packets.ts';
import { handleFrame } from './frame-handlers.ts';
import { receivedPacket } from './received-packet.ts';
import { receiveStatelessReset } from './reset-detection.ts';

/** Packets kept until their keys are there. RFC 9001 §5.7 */
const EARLY_PACKET_LIMIT = 8;

/** RFC 9000 §14.1 */
const LEAST_INITIAL_DATAGRAM = 1200;

/** Takes a datagram apart and acts on each packet in it. */
export function receiveDatagram(state: ConnectionState, datagram: Datagram, now: Instant): void {
  const { lifetime } = state;
  if (lifetime.phase === 'closing') {
    lifetime.replies.datagramReceived(pathIdOf(state, datagram.payload));
    return;
  }
  if (lifetime.phase !== 'open') return;
  state.counters.bytesReceived += datagram.payload.length;
  creditDatagram(state, datagram);
  try {
    receivePackets(state, datagram, now);
    replayEarlyPackets(state, now);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    closeWithError(state, error, now);
  }
}

/** RFC 9000 §8.1: every octet that belongs to the connection counts, opened or not. */
function creditDatagram(state: ConnectionState, datagram: Datagram): void {
  for (const path of state.paths.list) {
    if (path.candidate?.isAt(datagram.local, datagram.remote) === true) {
      path.candidate.network.amplification.datagramReceived(datagram.payload.length);
    }
    if (!path.isAt(datagram.local, datagram.remote)) continue;
    path.network.amplification.datagramReceived(datagram.payload.length);
    path.bytesReceived += datagram.payload.length;
    return;
  }
}

function receivePackets(state: ConnectionState, datagram: Datagram, now: Instant): void {
  const { payload } = datagram;
  const reader = state.environment.workspace.datagram;
  reader.begin(payload, 0, payload.length, CONNECTION_ID_LENGTH);
  let opened = false;
  for (let header = reader.next(); header !== undefined; header = reader.next()) {
    if (RECEIVERS[header.type](state, header, datagram, now)) opened = true;
    if (state.lifetime.phase !== 'open') return;
    if (state.tls !== undefined) driveHandshake(state, now);
  }
  if (reader.problem !== undefined) dropPacket(state, reader.problem, reader.remaining, now);
  if (!opened) receiveStatelessReset(state, payload, now);
}

type Receiver = (
  state: ConnectionState,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
) => boolean;

/** What is done with each type of packet; true where it was opened, or understood otherwise. */
const RECEIVERS: { readonly [T in PacketType]: Receiver } = {
  initial: receiveInitial,
  handshake: (state, header, datagram, now) =>
    receiveHandshakePacket(state, state.handshake?.handshake, header, datagram, now),
  early: receiveEarlyPacket,
  application: receiveApplicationPacket,
  retry: receiveRetry,
  version_negotiation: receiveVersionNegotiation,
  unsupported_version: (state, header, _datagram, now) =>
    drop(state, 'unsupported_version', header, now),
};

function receiveInitial(
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
    return drop(state, 'keys_discarded', header, now);
  }
  if (!isHandshakeDestination(state, header)) {
    return drop(state, 'unknown_connection_id', header, now);
  }
  // RFC 9000 §7.2: subsequent packets with a different Source Connection ID MUST be discarded.
  const { peerSource } = handshake;
  if (peerSource !== undefined && !equalBytes(peerSource, sourceConnectionId(header))) {
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
  const source = sourceConnectionId(header).slice();
  handshake.peerSource = source;
  state.paths.record(0).peerIds.useInitial(source);
}

/** 0-RTT, which shares its packet numbers with 1-RTT. RFC 9001 §4.6, RFC 9000 §12.3 */
function receiveEarlyPacket(
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
  const destination = destinationConnectionId(header);
  const { handshake, role } = state;
  if (handshake === undefined) return false;
  if (equalBytes(destination, handshake.localSource)) return true;
  return role === 'server' && equalBytes(destination, handshake.initialDestination);
}

/** A client knows its server by the remote address alone; which of its own took the packet is its affair. */
function isHandshakePath(state: ConnectionState, path: Path, datagram: Datagram): boolean {
  const local = state.role === 'client' ? path.network.local : datagram.local;
  return path.isAt(local, datagram.remote);
}

function receiveApplicationPacket(
  state: ConnectionState,
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  const { keys, environment } = state;
  const id = environment.connectionIds.find(header.buffer, header.destinationStart);
  if (id === undefined || id.owner !== state.owner) {
    return drop(state, 'unknown_connection_id', header, now);
  }
  // RFC 9001 §5.7: 1-RTT packets MUST NOT be processed before the handshake is complete.
  if (keys === undefined || !state.handshakeComplete) {
    return keepEarly(state, 'application', header, datagram, now);
  }
  const known = state.paths.get(id.pathId);
  const opened = environment.workspace.opened;
  const largest = known === undefined ? -1 : known.acks.largestReceived;
  if (!keys.open(header, id.pathId, largest, now, opened)) {
    return drop(state, 'decryption_failed', header, now);
  }
  const path = known ?? pathOfPacket(state, id.pathId, datagram);
  if (path === undefined) return drop(state, 'path_not_open', header, now);
  if (path.acks.isDuplicate(opened.packetNumber)) return drop(state, 'duplicate', header, now);
  if (opened.keysUpdated) notifyKeyUpdate(state, opened, now);
  // RFC 9001 §4.9.3: a server discards 0-RTT keys with the first 1-RTT packet.
  if (state.early?.keys.canOpen === true) state.early.keys.dispose();
  if (!isAcceptableSource(state, path, datagram)) {
    return drop(state, 'unexpected_address', header, now);
  }
  const previousLargest = path.acks.largestReceived;
  handlePayload(state, path, 'application', id.sequence, header, opened, datagram, now);
  if (state.lifetime.phase === 'open') {
    if (path.suspect) probeSuspect(path, now);
    const isLatest = opened.packetNumber > previousLargest;
    const { probing } = environment.workspace.frames;
    packetArrivedOn(state, path, datagram, id.sequence, isLatest, probing, now);
  }
  return true;
}

/** What comes over a suspect path is a sign that packets may get through again: asks at once. */
function probeSuspect(path: Path, now: Instant): void {
  const { loss } = path.recovery;
  if (now - path.packets.lastAckElicitingSentAt < loss.probeTimeout) return;
  loss.resetBackoff(now);
  path.probesOwed = 1;
  path.probeSpace = Space.application;
}

function notifyKeyUpdate(state: ConnectionState, opened: OpenedPacket, now: Instant): void {
  state.counters.keyUpdates += 1;
  state.events.push({ type: 'key_updated', keyPhase: opened.generation, by: 'peer' });
  state.observer?.keyUpdated?.(opened.generation, 'peer', now);
}

/** Handles all frames of a packet and notes that it came. */
function handlePayload(
  state: ConnectionState,
  path: Path,
  level: PacketLevel,
  localSequence: number,
  header: PacketHeader,
  opened: OpenedPacket,
  datagram: Datagram,
  now: Instant,
): void {
  const { workspace } = state.environment;
  const { frames } = workspace;
  const { packetNumber } = opened;
  const packet = receivedPacket(workspace, level, path, localSequence, opened, datagram, now);
  state.counters.packetsReceived += 1;
  path.packetsReceived += 1;
  const observed: Frame[] | undefined = state.observer?.packetReceived ? [] : undefined;
  frames.begin(level, opened.buffer, opened.payloadStart, opened.payloadEnd);
  for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
    packet.frameType = frames.frameType;
    observed?.push(cloneFrame(frame));
    handleFrame(state, packet, frame);
    if (state.lifetime.phase !== 'open') break;
  }
  const length = header.end - header.start;
  const pathId = path.id;
  const seen = observed && { level, pathId, packetNumber, length, frames: observed };
  if (seen) state.observer?.packetReceived?.(seen, now);
  const acks = spaceOf(level) === 'application' ? path.acks : handshakeSpaceOf(state, level)?.acks;
  acks?.packetReceived(packetNumber, frames.ackEliciting, now, datagram.ecn);
  state.idleSince = now;
  state.sentSinceReceived = false;
}

/** RFC 9000 §12.3: 0-RTT and 1-RTT packets are of one packet number space. */
function spaceOf(level: PacketLevel): Exclude<PacketLevel, 'early'> {
  return level === 'early' ? 'application' : level;
}

function handshakeSpaceOf(state: ConnectionState, level: PacketLevel): HandshakeSpace | undefined {
  return level === 'initial' ? state.handshake?.initial : state.handshake?.handshake;
}

/** Keeps a copy of a packet whose keys are yet to come. RFC 9001 §5.7 */
function keepEarly(
  state: ConnectionState,
  level: EarlyPacket['level'],
  header: PacketHeader,
  datagram: Datagram,
  now: Instant,
): boolean {
  if (state.earlyPackets.length >= EARLY_PACKET_LIMIT) {
    return drop(state, 'keys_unavailable', header, now);
  }
  const payload = header.buffer.slice(header.start, header.end);
  state.earlyPackets.push({ level, datagram: { ...datagram, payload } });
  return true;
}

/** Receives again what came before its keys, now that they may be there. */
function replayEarlyPackets(state: ConnectionState, now: Instant): void {
  const packets = state.earlyPackets;
  if (packets.length === 0) return;
  const ready = packets.filter((packet) => keysAreThere(state, packet.level));
  if (ready.length === 0) return;
  state.earlyPackets = packets.filter((packet) => !ready.includes(packet));
  for (const packet of ready) receivePackets(state, packet.datagram, now);
}

function keysAreThere(state: ConnectionState, level: EarlyPacket['level']): boolean {
  if (level === 'early') return state.keys !== undefined || state.early !== undefined;
  if (level === 'application') return state.handshakeComplete;
  const space = state.handshake?.handshake;
  return space === undefined || space.keys.canOpen;
}

function pathIdOf(state: ConnectionState, payload: Uint8Array): number {
  if (payload.length <= CONNECTION_ID_LENGTH || (payload[0] as number) >= 0x80) return 0;
  return state.environment.connectionIds.find(payload, 1)?.pathId ?? 0;
}

function drop(state: ConnectionState, reason: string, header: PacketHeader, now: Instant): false {
  dropPacket(state, reason, header.end - header.start, now);
  return false;
}
