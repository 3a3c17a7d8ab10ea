import { notifyPathAvailable } from '../path-verbs/path-availability.ts';
import { largePacketLost, mtuProbeAcknowledged } from '../path-verbs/path-mtu.ts';
import { retainForLatePackets } from '../path-verbs/path-retention.ts';
import type { Path } from '../paths/path.ts';
import { BASE_DATAGRAM_SIZE } from '../recovery/mtu-discovery.ts';
import type { SentPacket, SentPacketVisitor } from '../recovery/sent-packet.ts';
import type { ConnectionState } from '../state.ts';
import type { CryptoStream } from '../streams/crypto-stream.ts';
import { datagramLost, datagramsAcknowledged } from '../transfer/datagram-exchange.ts';
import { streamAcknowledged, streamLost } from '../transfer/stream-sending.ts';
import type { ControlFrame } from './outbox.ts';
import type { SentFrame, SentFrameOf, SentFrameType } from './sent-frame.ts';

/** What the fate of one type of frame means. */
interface Delivery<F> {
  acknowledged(state: ConnectionState, frame: F): void;
  lost(state: ConnectionState, frame: F): void;
}

const nothing = (): void => undefined;

/** Frames that are sent again as they are, unless something newer made them pointless. */
function repeated<F extends ControlFrame>(
  isStillDue: (state: ConnectionState, frame: F) => boolean = () => true,
): Delivery<F> {
  return {
    acknowledged: nothing,
    lost(state, frame) {
      if (isStillDue(state, frame)) state.outbox.pushAgain(frame);
    },
  };
}

/** Every frame that a sent packet remembers, and what becomes of it. RFC 9000 §13.3, MP-21 §4 */
const DELIVERY: { readonly [T in SentFrameType]: Delivery<SentFrameOf<T>> } = {
  ping: { acknowledged: nothing, lost: nothing },
  crypto: {
    acknowledged: (state, frame) => cryptoStream(state, frame.level)?.acknowledge(frame),
    lost: (state, frame) => cryptoStream(state, frame.level)?.lose(frame),
  },
  stream: {
    acknowledged: (state, frame) => streamAcknowledged(state, frame.streamId, frame),
    lost: (state, frame) => streamLost(state, frame.streamId, frame),
  },
  reset_stream: {
    acknowledged(state, frame) {
      const stream = state.streams.get(frame.streamId);
      stream?.send?.resetAcknowledged();
      if (stream !== undefined) state.streams.forgetIfDone(stream);
    },
    lost(state, frame) {
      const stream = state.streams.get(frame.streamId);
      stream?.send?.resetLost();
      if (stream !== undefined) state.streams.control.push(stream);
    },
  },
  stop_sending: {
    acknowledged: (state, frame) => state.streams.get(frame.streamId)?.receive?.stopAcknowledged(),
    lost(state, frame) {
      const stream = state.streams.get(frame.streamId);
      stream?.receive?.stopLost();
      if (stream !== undefined) state.streams.control.push(stream);
    },
  },
  max_data: {
    acknowledged: nothing,
    lost: (state, frame) => state.receiveWindow.updateLost(frame.maximum),
  },
  max_stream_data: {
    acknowledged: nothing,
    lost(state, frame) {
      const stream = state.streams.get(frame.streamId);
      stream?.receive?.windowUpdateLost(frame.maximum);
      if (stream !== undefined) state.streams.control.push(stream);
    },
  },
  max_streams: {
    acknowledged: nothing,
    lost: (state, frame) => state.streams.count(frame.direction).updateLost(frame.maximum),
  },
  data_blocked: {
    acknowledged: nothing,
    lost: (state, frame) => state.sendCredit.blockedLost(frame.limit),
  },
  stream_data_blocked: {
    acknowledged: nothing,
    lost: (state, frame) => state.streams.get(frame.streamId)?.send?.blockedLost(frame.limit),
  },
  streams_blocked: {
    acknowledged: nothing,
    lost: (state, frame) => state.streams.count(frame.direction).blockedLost(frame.limit),
  },
  datagram: {
    acknowledged: (state, { datagramId }) => datagramsAcknowledged(state, datagramId, 1),
    lost: (state, { datagramId }) => datagramLost(state, datagramId),
  },
  mtu_probe: {
    acknowledged(state, { pathId, size }) {
      const path = state.paths.get(pathId);
      if (path !== undefined) mtuProbeAcknowledged(path, size, state.now);
    },
    lost: (state, { pathId, size }) => state.paths.get(pathId)?.mtu?.probeLost(size, state.now),
  },
  new_token: repeated(),
  handshake_done: {
    acknowledged(state) {
      state.peerConfirmed = true;
    },
    lost: (state, frame) => state.outbox.pushAgain(frame),
  },
  connection_id_announcement: {
    acknowledged(state, { pathId, sequenceNumber }) {
      state.localIds.acknowledged(pathId, sequenceNumber);
      notifyPathAvailable(state);
    },
    lost(state, frame) {
      if (state.localIds.unacknowledged(frame.pathId, frame.sequenceNumber)) {
        state.outbox.pushAgain(frame);
      }
    },
  },
  retire_connection_id: retirement(0),
  path_retire_connection_id: retirement(),
  // RFC 9000 §13.3: challenges are made anew, responses are never repeated.
  path_challenge: { acknowledged: nothing, lost: nothing },
  path_response: { acknowledged: nothing, lost: nothing },
  path_ack: {
    acknowledged: (state, frame) =>
      state.paths.get(frame.pathId)?.acks.ackAcknowledged(frame.largestAcknowledged),
    lost: nothing,
  },
  path_abandon: {
    acknowledged(state, { pathId }) {
      const path = state.paths.get(pathId);
      if (path !== undefined && path.deleteAt === undefined) retainForLatePackets(state, path);
    },
    lost: (state, frame) => state.outbox.pushAgain(frame),
  },
  path_status_available: repeated<SentFrameOf<'path_status_available'>>(isLatestStatus),
  path_status_backup: repeated<SentFrameOf<'path_status_backup'>>(isLatestStatus),
  max_path_id: repeated((state, frame) => state.paths.limits?.local === frame.maximum),
  paths_blocked: repeated((state, frame) => state.paths.limits?.peer === frame.maximum),
  path_cids_blocked: repeated(
    (state, frame) => state.paths.known(frame.pathId)?.peerIds.hasSpare === false,
  ),
};

/** MP-21 §4.3: repeated only while it is the last that was said of its path. */
function isLatestStatus(
  state: ConnectionState,
  frame: { readonly pathId: number; readonly sequenceNumber: number },
): boolean {
  return state.paths.known(frame.pathId)?.localStatus?.sequence === frame.sequenceNumber;
}

type Retirement = SentFrameOf<'retire_connection_id' | 'path_retire_connection_id'>;

function retirement(pathZero?: 0): Delivery<Retirement> {
  const pathOf = (frame: Retirement): number =>
    frame.type === 'path_retire_connection_id' ? frame.pathId : (pathZero ?? 0);
  return {
    acknowledged: (state, frame) =>
      state.paths.known(pathOf(frame))?.peerIds.retirementAcknowledged(),
    lost(state, frame) {
      if (state.paths.known(pathOf(frame)) !== undefined) state.outbox.pushAgain(frame);
    },
  };
}

function cryptoStream(
  state: ConnectionState,
  level: SentFrameOf<'crypto'>['level'],
): CryptoStream | undefined {
  if (level === 'initial') return state.handshake?.initial?.crypto;
  if (level === 'handshake') return state.handshake?.handshake?.crypto;
  return state.applicationCrypto;
}

function deliveryOf<F extends SentFrame>(frame: F): Delivery<F> {
  return DELIVERY[frame.type] as unknown as Delivery<F>;
}

/** Learns what became of the packets of one path and passes it on to what they carried. */
export class PathDelivery implements SentPacketVisitor<SentFrame> {
  readonly #state: ConnectionState;
  readonly #path: Path;

  constructor(state: ConnectionState, path: Path) {
    this.#state = state;
    this.#path = path;
  }

  packetAcknowledged(packet: SentPacket<SentFrame>): void {
    const state = this.#state;
    if (packet.streamId >= 0) streamAcknowledged(state, packet.streamId, packet.stream);
    // A datagram that was reported lost stays so: each has one status.
    if (packet.datagramId >= 0 && !packet.declaredLost) {
      datagramsAcknowledged(state, packet.datagramId, packet.count);
    }
    this.#path.ecnMarks.acknowledged(packet.number, packet.count);
    if (packet.size > this.#path.largestArrived) this.#path.largestArrived = packet.size;
    this.#path.mtu?.packetAcknowledged(packet.size);
    if (packet.acknowledges >= 0) this.#path.acks.ackAcknowledged(packet.acknowledges);
    const { deliveries } = packet;
    if (deliveries === undefined) return;
    for (const frame of deliveries) {
      if (packet.declaredLost && frame.type === 'datagram') continue;
      deliveryOf(frame).acknowledged(state, frame);
    }
  }

  packetLost(packet: SentPacket<SentFrame>): void {
    const state = this.#state;
    state.counters.packetsLost += 1;
    if (this.#path.ecnMarks.includes(packet.number)) this.#path.recovery.ecn.markedPacketLost();
    if (packet.size > BASE_DATAGRAM_SIZE) largePacketLost(state, this.#path, packet.size);
    state.observer?.packetLost?.(this.#path.id, packet.number, 'loss_detection', state.now);
    contentLost(state, packet);
  }
}

/** What a packet carried is to be sent again, or reported lost. */
export function contentLost(state: ConnectionState, packet: SentPacket<SentFrame>): void {
  if (packet.streamId >= 0) streamLost(state, packet.streamId, packet.stream);
  if (packet.datagramId >= 0) datagramLost(state, packet.datagramId);
  const { deliveries } = packet;
  if (deliveries === undefined) return;
  for (const frame of deliveries) deliveryOf(frame).lost(state, frame);
}

/**
 * Has the content of outstanding packets sent again, by whatever path is chosen, though they are not
 * declared lost: after a probe timeout, or when their path is given up. Ends with the packet that
 * brings them to `limit` octets. MP-21 §5.7
 */
export function sendAgain(
  state: ConnectionState,
  packets: { visitOutstanding(visit: (packet: SentPacket<SentFrame>) => boolean): void },
  limit: number,
): void {
  let octets = 0;
  packets.visitOutstanding((packet) => {
    if (packet.ackEliciting && repeatContent(state, packet)) octets += packet.size;
    return octets < limit;
  });
}

/**
 * Returns whether there was anything: a DATAGRAM is never repeated, and may still be acknowledged; so is a
 * probe of the path MTU.
 */
function repeatContent(state: ConnectionState, packet: SentPacket<SentFrame>): boolean {
  let found = packet.streamId >= 0;
  if (found) streamLost(state, packet.streamId, packet.stream);
  for (const frame of packet.deliveries ?? []) {
    if (frame.type === 'datagram' || frame.type === 'mtu_probe') continue;
    deliveryOf(frame).lost(state, frame);
    found = true;
  }
  return found;
}
