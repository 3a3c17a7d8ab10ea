import type { ConnectionEvent, DatagramStatus } from '../connection-event.ts';
import type { Path } from '../paths/path.ts';
import type { PathScheduler } from '../paths/scheduler.ts';
import type { ReceivedPacket } from '../receive/received-packet.ts';
import type { ConnectionState } from '../state.ts';
import type { DatagramReceiveQueue } from '../streams/datagram-receive-queue.ts';
import type { PacketDraft } from '../transmit/packet-draft.ts';
import { TransportError } from '../transport-error.ts';
import { datagramFrameHeaderLength, writeDatagramFrameHeader } from '../wire/data-codecs.ts';
import type { DatagramFrame } from '../wire/frames.ts';

/** Type and Length of a DATAGRAM frame, as far as max_datagram_frame_size counts them. RFC 9221 §3 */
const FRAME_OVERHEAD = 3;

/** A 1-RTT header with a connection ID of 20 octets and the longest packet number, and the tag. */
const PACKET_OVERHEAD = 1 + 20 + 4 + 16;

/**
 * Octets that a DATAGRAM frame can carry on every path that works; 0 where the peer takes none. RFC 9221 §5
 */
export function maxDatagramSize(state: ConnectionState): number {
  const accepted = state.peer?.maxDatagramFrameSize ?? 0;
  if (accepted === 0) return 0;
  let smallest = state.config.maxUdpPayloadSize;
  let smallestHealthy = Number.POSITIVE_INFINITY;
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (!path.sendable) continue;
    smallest = Math.min(smallest, path.maxDatagramSize);
    if (!path.suspect) smallestHealthy = Math.min(smallestHealthy, path.maxDatagramSize);
  }
  const packet = smallestHealthy === Number.POSITIVE_INFINITY ? smallest : smallestHealthy;
  return Math.max(0, Math.min(accepted, packet - PACKET_OVERHEAD) - FRAME_OVERHEAD);
}

/** Queues a copy; its number, or undefined where it does not fit. */
export function sendDatagram(
  state: ConnectionState,
  data: Uint8Array,
  route: number | PathScheduler | undefined,
): number | undefined {
  if (data.length > maxDatagramSize(state) || state.peer?.maxDatagramFrameSize === 0) {
    return undefined;
  }
  if (typeof route === 'number' && state.paths.get(route)?.sendable !== true) return undefined;
  if (typeof route === 'object') return sendSteered(state, data, route);
  return state.datagramsToSend.push(data, route);
}

/** Once, by the choice of its scheduler, or over every healthy path, with one number. */
function sendSteered(state: ConnectionState, data: Uint8Array, scheduler: PathScheduler): number {
  const queue = state.datagramsToSend;
  if (scheduler.duplicates === undefined) return queue.push(data, scheduler);
  const { active } = state.environment.workspace;
  active.length = 0;
  for (const path of state.paths.list) {
    if (path.state === 'active' && path.sendable && !path.suspect) active.push(path);
  }
  if (!scheduler.duplicates(active)) return queue.push(data, scheduler);
  const number = queue.nextNumber;
  const copy = data.slice();
  state.redundantDatagrams.add(number, copy, scheduler, Math.max(active.length, 1));
  for (const path of active) queue.pushShared(number, copy, path.id);
  if (active.length === 0) queue.pushShared(number, copy, scheduler);
  return number;
}

/** Those that wait and that the peer's new limit does not allow are dropped. RFC 9221 §3 */
export function dropOversizedDatagrams(state: ConnectionState): void {
  const limit = (state.peer?.maxDatagramFrameSize ?? 0) - FRAME_OVERHEAD;
  state.datagramsToSend.dropWhere(({ length }) => length > limit);
}

/** Reports the fate of `count` datagrams, numbered from `first` on, once each, and drops copies that wait. */
export function datagramsAcknowledged(state: ConnectionState, first: number, count: number): void {
  if (state.redundantDatagrams.size === 0) {
    report(state, first, count, 'acknowledged');
    return;
  }
  for (let id = first; id < first + count; id++) copyAcknowledged(state, id);
}

function copyAcknowledged(state: ConnectionState, datagramId: number): void {
  const { redundantDatagrams } = state;
  if (redundantDatagrams.acknowledged(datagramId).type === 'report') {
    report(state, datagramId, 1, 'acknowledged');
  }
  for (let copies = state.datagramsToSend.removeCopies(datagramId); copies > 0; copies--) {
    redundantDatagrams.dropped(datagramId);
  }
}

function report(
  state: ConnectionState,
  datagramId: number,
  count: number,
  status: DatagramStatus,
): void {
  state.events.push({ type: 'datagram_status', datagramId, count, status });
}

/** Reports the fate where it was the last copy; a redundant datagram may go out once more. */
export function datagramLost(state: ConnectionState, datagramId: number): void {
  const fate = state.redundantDatagrams.lost(datagramId);
  if (fate.type === 'report') {
    report(state, datagramId, 1, 'lost');
  } else if (fate.type === 'repeat') {
    state.datagramsToSend.pushShared(datagramId, fate.data, fate.scheduler);
  }
}

/** @throws {TransportError} where none was allowed, or it is too long. RFC 9221 §3 */
export function receiveDatagramFrame(
  state: ConnectionState,
  packet: ReceivedPacket,
  frame: DatagramFrame,
): void {
  const { source, dataStart, dataEnd } = frame;
  if (dataEnd - dataStart > longestDatagram(state)) {
    throw new TransportError('PROTOCOL_VIOLATION', 'DATAGRAM frame beyond max_datagram_frame_size');
  }
  const queue = state.datagramsReceived;
  const length = dataEnd - dataStart;
  const batch = queue.batchFor(length, packet.level === 'early');
  const { sourceViews } = state.environment.workspace;
  const view = packet.plaintextIsOwned
    ? source.subarray(dataStart, dataEnd)
    : sourceViews.of(source, dataStart, dataEnd);
  batch.octets.set(view, batch.add(length));
  queue.added(1);
  state.counters.datagramsReceived += 1;
}

/** Octets of data that the peer may send in a DATAGRAM frame of the shortest form; -1 where none is allowed. */
export function longestDatagram(state: ConnectionState): number {
  return state.config.maxDatagramFrameSize - 1;
}

/** The event of what waits longest for the application; undefined where nothing does. */
export function nextArrival(queue: DatagramReceiveQueue): ConnectionEvent | undefined {
  if (queue.inBatches) return queue.nextBatch()?.event;
  const early = queue.nextIsEarly;
  const data = queue.next();
  return data && { type: 'datagram', data, early };
}

/** Whether a datagram waits that may take this path. */
export function hasDatagram(state: ConnectionState, path: Path): boolean {
  return state.datagramsToSend.length > 0 && state.datagramsToSend.peek(path.id) !== undefined;
}

/** Writes datagrams while they fit; one that cannot fit any packet of the path is dropped. */
export function writeDatagrams(state: ConnectionState, path: Path, draft: PacketDraft): void {
  const queue = state.datagramsToSend;
  while (queue.length > 0) {
    const datagram = queue.peek(path.id);
    if (datagram === undefined) return;
    const { data, number } = datagram;
    const header = datagramFrameHeaderLength(data.length);
    if (header + data.length > draft.room) {
      if (draft.isEmpty && draft.length + header + data.length > path.maxDatagramSize) {
        queue.drop(datagram);
        continue;
      }
      return;
    }
    const at = writeDatagramFrameHeader(draft.buffer, draft.at, data.length);
    draft.buffer.set(data, at);
    draft.at = at + data.length;
    draft.rememberDatagram(number);
    draft.observed?.push({ type: 'datagram', source: data, dataStart: 0, dataEnd: data.length });
    queue.remove(datagram);
    state.counters.datagramsSent += 1;
  }
}

/** Reports datagrams that were dropped before they were sent, and that there is room for others. */
export function reportQueuedDatagrams(state: ConnectionState): void {
  if (state.lifetime.phase === 'open' && state.datagramsToSend.takeWritable()) {
    state.events.push(WRITABLE);
  }
  for (let id = state.datagramsToSend.nextDropped(); id !== undefined; ) {
    state.counters.datagramsDropped += 1;
    if (state.redundantDatagrams.dropped(id).type === 'report') {
      report(state, id, 1, 'abandoned');
    }
    id = state.datagramsToSend.nextDropped();
  }
}

const WRITABLE: ConnectionEvent = { type: 'datagrams_writable' };
