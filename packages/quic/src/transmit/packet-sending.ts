import type { PacketSealer } from '@mpquic/crypto';
import { Ecn, type Instant, type Transmit } from '@mpquic/wire';
import type { NetworkPath, Path } from '../paths/path.ts';
import type { SentPackets } from '../recovery/sent-packets.ts';
import type { ConnectionState, HandshakeSpace } from '../state.ts';
import { writeLongHeader, writeShortHeader } from '../wire/header-writer.ts';
import { packetNumberLength } from '../wire/packet-number.ts';
import type { QuicVersion } from '../wire/versions.ts';
import type { PacketDraft } from './packet-draft.ts';
import type { SentFrame } from './sent-frame.ts';

/** Packets between two skipped numbers: a random octet, and so many times that many. */
const SKIP_SPREAD = 4;
const SKIP_LEAST = 64;

/** Octets of the packet number of 0-RTT packets: few are sent before they are acknowledged. */
const EARLY_NUMBER_LENGTH = 2;

/** Starts an Initial or Handshake packet at `start`, which may take octets up to `end`. */
export function beginLongPacket(
  state: ConnectionState,
  path: Path,
  space: HandshakeSpace,
  into: Transmit,
  start: number,
  end: number,
): PacketDraft {
  const { draft } = state.environment.workspace;
  const { handshake, version } = state;
  const number = space.packets.nextNumber;
  const numberLength = packetNumberLength(number, space.packets.largestAcknowledged);
  const destination = path.peerIds.current?.bytes ?? NO_BYTES;
  const source = handshake?.localSource ?? NO_BYTES;
  const token = handshake?.token;
  const { buffer } = into;
  const payload = writeLongHeader(
    buffer,
    start,
    version,
    space.level,
    destination,
    source,
    token,
    number,
    numberLength,
  );
  const observed = state.observer?.packetSent !== undefined;
  draft.begin(space.level, buffer, start, payload, end, number, numberLength, observed);
  return draft;
}

/** Starts a 0-RTT packet, in the version that the client began with. RFC 9000 §17.2.3, RFC 9369 §4.1 */
export function beginEarlyPacket(
  state: ConnectionState,
  path: Path,
  version: QuicVersion,
  into: Transmit,
  start: number,
  end: number,
): PacketDraft {
  const { draft } = state.environment.workspace;
  const { buffer } = into;
  const number = path.packets.nextNumber;
  const destination = path.peerIds.current?.bytes ?? NO_BYTES;
  const source = state.handshake?.localSource ?? NO_BYTES;
  const none = undefined;
  const payload = writeLongHeader(
    buffer,
    start,
    version,
    'early',
    destination,
    source,
    none,
    number,
    EARLY_NUMBER_LENGTH,
  );
  const observed = state.observer?.packetSent !== undefined;
  draft.begin('early', buffer, start, payload, end, number, EARLY_NUMBER_LENGTH, observed);
  return draft;
}

/** Starts a 1-RTT packet on `path`, to the connection ID in use or to the one given. */
export function beginShortPacket(
  state: ConnectionState,
  path: Path,
  into: Transmit,
  start: number,
  end: number,
  destination: Uint8Array = path.peerIds.current?.bytes ?? NO_BYTES,
): PacketDraft {
  const { draft } = state.environment.workspace;
  skipNumber(state, path);
  const { packets } = path;
  const number = packets.nextNumber;
  const numberLength = packetNumberLength(number, packets.largestAcknowledged);
  const keyPhase = state.keys?.keyPhase ?? 0;
  const { buffer } = into;
  const payload = writeShortHeader(buffer, start, destination, keyPhase, number, numberLength);
  const observed = state.observer?.packetSent !== undefined;
  draft.begin('application', buffer, start, payload, end, number, numberLength, observed);
  return draft;
}

/** Now and then leaves a number out, to catch a peer that acknowledges blindly. RFC 9000 §21.4 */
function skipNumber(state: ConnectionState, path: Path): void {
  path.packetsUntilSkip -= 1;
  if (path.packetsUntilSkip > 0) return;
  const first = path.packetsUntilSkip < 0;
  const random = state.random.fill(SKIP_OCTET)[0] as number;
  path.packetsUntilSkip = first ? 1 + (random & 0x3f) : SKIP_LEAST + SKIP_SPREAD * random;
  if (!first) path.packets.skip();
}

/** Notes a finished packet with loss detection, congestion control and the observer. */
export function packetSent(
  state: ConnectionState,
  path: Path,
  packets: SentPackets<SentFrame>,
  draft: PacketDraft,
  size: number,
  now: Instant,
): void {
  const { ackEliciting, deliveries } = draft;
  const inFlight = ackEliciting || draft.padded;
  packets.add(now, size, ackEliciting, inFlight);
  if (draft.streamId >= 0) {
    packets.attachStream(draft.streamId, draft.streamOffset, draft.streamLength, draft.streamFin);
  }
  if (draft.datagramId >= 0) packets.attachDatagram(draft.datagramId);
  if (draft.acknowledges >= 0) packets.attachAcknowledgement(draft.acknowledges);
  if (deliveries !== undefined) packets.attachDeliveries(deliveries);
  if (inFlight) {
    path.recovery.loss.packetSent(size, now);
    path.recovery.pacer.packetSent(size, now);
  }
  path.ackOnlyPackets = ackEliciting ? 0 : path.ackOnlyPackets + 1;
  if (ackEliciting && !state.sentSinceReceived) {
    state.sentSinceReceived = true;
    state.idleSince = now;
  }
  path.packetsSent += 1;
  state.counters.packetsSent += 1;
  const { observed: frames, level, packetNumber } = draft;
  if (frames === undefined) return;
  const seen = { level, pathId: path.id, packetNumber, length: size, frames };
  state.observer?.packetSent?.(seen, now);
}

/** Seals the packet that was built last as the only one. */
export function sealOne(
  state: ConnectionState,
  sealer: PacketSealer | undefined,
  into: Transmit,
): void {
  sealer?.seal(into.buffer, state.environment.workspace.sealTable, 1);
}

/** Ends a datagram, or a run of them, for `network`. */
export function finishTransmit(
  state: ConnectionState,
  path: Path,
  network: NetworkPath,
  into: Transmit,
  length: number,
  segmentSize: number,
  datagrams: number,
): void {
  into.length = length;
  into.segmentSize = segmentSize;
  into.datagrams = datagrams;
  into.local = network.local;
  into.remote = network.remote;
  into.ecn = Ecn.notEct;
  network.amplification.datagramSent(length);
  path.bytesSent += length;
  state.counters.bytesSent += length;
}

const NO_BYTES = new Uint8Array();
const SKIP_OCTET = new Uint8Array(1);
