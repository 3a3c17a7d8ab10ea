import { Ecn, type Instant, type Transmit } from '@mpquic/wire';
import { startDueKeyUpdate } from '../key-updates.ts';
import { searchLargerSize } from '../path-verbs/path-mtu.ts';
import type { Path } from '../paths/path.ts';
import { RUN_LIMIT } from '../run-limit.ts';
import type { ConnectionState } from '../state.ts';
import { appendDatagramPackets, datagramRunSize } from './datagram-packets.ts';
import { sendAgain } from './delivery.ts';
import type { PacketDraft } from './packet-draft.ts';
import { writePathFrames, writeSharedFrames } from './packet-filling.ts';
import { beginShortPacket, finishTransmit, packetSent, sealOne } from './packet-sending.ts';
import {
  hasDuty,
  hasHealthyPath,
  hasRoom,
  hasSharedWork,
  mayCarryData,
  owesProbe,
  scheduledPath,
} from './path-choice.ts';
import { appendStreamPackets, piecesOf } from './stream-packets.ts';

/** With less room left than this, a packet of a run is filled up rather than left short. */
const SHORT_REST = 24;

/**
 * A run of 1-RTT packets for one path, all of one size but the last, sealed by one call. First come
 * paths that owe a packet, then the path that the scheduler chooses. False where there is nothing.
 */
export function transmitRun(
  state: ConnectionState,
  now: Instant,
  into: Transmit,
  maxDatagrams: number,
): boolean {
  const { keys } = state;
  if (keys?.sealer === undefined) return false;
  startDueKeyUpdate(state, now);
  const limit = Math.min(maxDatagrams, RUN_LIMIT);
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (hasDuty(state, path, now) && fillRun(state, path, now, into, limit)) return true;
  }
  const path = scheduledPath(state, now);
  return path !== undefined && fillRun(state, path, now, into, limit);
}

/** Builds and seals packets one behind the other; false where none came about. */
function fillRun(
  state: ConnectionState,
  path: Path,
  now: Instant,
  into: Transmit,
  maxDatagrams: number,
): boolean {
  const { mark, state: validation } = path.recovery.ecn;
  const testing = validation === 'testing';
  const { start } = into;
  const room = Math.min(path.network.amplification.allowance, into.buffer.length - start);
  let segmentSize = Math.min(path.maxDatagramSize, room);
  let at = start;
  let count = 0;
  do {
    const left = Math.min(maxDatagrams - count, Math.floor((room - (at - start)) / segmentSize));
    if (left < 1) break;
    const uniform = uniformSize(state, path, segmentSize, count);
    const more = testing ? 0 : addUniformPackets(state, path, into, at, uniform, count, left, now);
    if (more > 0) {
      segmentSize = uniform;
      at += more * uniform;
      count += more;
      continue;
    }
    const size = addPacket(state, path, into, at, at + segmentSize, count, now);
    if (size === 0) break;
    if (mark !== Ecn.notEct) markedPacketSent(path, path.packets.nextNumber - 1, testing);
    at += size;
    count += 1;
    const isFirst = count === 1;
    const isShort = size < segmentSize;
    segmentSize = isFirst ? size : segmentSize;
    if (isShort && !(isFirst && state.datagramsToSend.length > 0)) break;
  } while (count < maxDatagrams && goesOn(state, path, now));
  if (count === 0) return false;
  finishRun(state, path, now, into, at - start, segmentSize, count);
  into.ecn = mark;
  return true;
}

/** Octets of packets that are made together: once there is one, all are of its size. */
function uniformSize(state: ConnectionState, path: Path, segmentSize: number, row: number): number {
  return row > 0 ? segmentSize : datagramRunSize(state, path, segmentSize);
}

/**
 * Adds packets that are filled by a frame of stream data each, or by a datagram, where the path that was chosen holds
 * for a run. Returns how many.
 */
function addUniformPackets(
  state: ConnectionState,
  path: Path,
  into: Transmit,
  at: number,
  size: number,
  row: number,
  most: number,
  now: Instant,
): number {
  if (!isSteady(state) || !goesOn(state, path, now)) return 0;
  const first = path.packets.nextNumber;
  let count = appendStreamPackets(state, path, into.buffer, at, size, row, most, now);
  if (count === 0) {
    count = appendDatagramPackets(state, path, into.buffer, at, size, row, most, now);
  }
  if (count > 0) state.keys?.sealed(path.id, first, count);
  return count;
}

/** Adds a packet of whatever is to be sent, and returns its octets; 0 where there is nothing. */
function addPacket(
  state: ConnectionState,
  path: Path,
  into: Transmit,
  at: number,
  end: number,
  row: number,
  now: Instant,
): number {
  const draft = beginShortPacket(state, path, into, at, end);
  if (draft.observed === undefined) draft.pieces = piecesOf(state);
  fillPacket(state, path, draft, now);
  if (draft.isEmpty) return 0;
  const size = draft.finish(state.environment.workspace.sealTable, row, path.id);
  packetSent(state, path, path.packets, draft, size, now);
  state.keys?.sealed(path.id, draft.packetNumber, 1);
  return size;
}

function markedPacketSent(path: Path, packetNumber: number, testing: boolean): void {
  path.recovery.ecn.markedPacketSent();
  path.ecnMarks.sent(packetNumber, testing);
}

/** Seals the run, whose packets stand in the seal table. */
function finishRun(
  state: ConnectionState,
  path: Path,
  now: Instant,
  into: Transmit,
  length: number,
  segmentSize: number,
  count: number,
): void {
  if (segmentSize === path.maxDatagramSize) searchLargerSize(state, path);
  const { sealTable, pieces } = state.environment.workspace;
  const sealer = state.keys?.sealer;
  pieces.copy(sealer, into.buffer);
  sealer?.seal(into.buffer, sealTable, count);
  finishTransmit(state, path, path.network, into, length, segmentSize, count);
  const starved = !hasSharedWork(state) && state.datagramsToSend.length === 0;
  path.recovery.congestion.setApplicationLimited(starved && hasRoom(path, now), now);
}

/** Whether a 1-RTT packet with frames of any path may follow the handshake's last packet. */
export function mayFollowHandshake(state: ConnectionState, path: Path, now: Instant): boolean {
  return (
    state.keys?.sealer !== undefined &&
    hasSharedWork(state) &&
    mayCarryData(path) &&
    hasRoom(path, now)
  );
}

/**
 * Puts a 1-RTT packet behind the packets of a datagram, and fills the datagram up where `padded`. Returns the
 * packet's octets. RFC 9000 §12.2
 */
export function appendToHandshake(
  state: ConnectionState,
  path: Path,
  now: Instant,
  into: Transmit,
  at: number,
  end: number,
  padded: boolean,
): number {
  const draft = beginShortPacket(state, path, into, at, end);
  fillPacket(state, path, draft, now);
  if (padded) draft.padTo(end - at);
  if (draft.isEmpty) return 0;
  const size = draft.finish(state.environment.workspace.sealTable, 0, path.id);
  packetSent(state, path, path.packets, draft, size, now);
  sealOne(state, state.keys?.sealer, into);
  state.keys?.sealed(path.id, draft.packetNumber, 1);
  return size;
}

/** Whether the next packet of application data goes the same way. */
function goesOn(state: ConnectionState, path: Path, now: Instant): boolean {
  if (!hasSharedWork(state) && state.datagramsToSend.length === 0) return false;
  if (!mayCarryData(path) || !hasRoom(path, now)) return false;
  if (state.paths.list.length === 1 && !state.datagramsToSend.hasSteered) return true;
  return scheduledPath(state, now) === path;
}

/** Whether the choice of a path holds for a run. */
function isSteady(state: ConnectionState): boolean {
  return state.paths.list.length === 1 || state.scheduler.steady === true;
}

function fillPacket(state: ConnectionState, path: Path, draft: PacketDraft, now: Instant): void {
  const withData = carriesData(state, path, now);
  const validates = writePathFrames(state, path, draft, withData, now);
  if (withData) {
    // RFC 9002 §6.2.4: every probe carries data, where any is outstanding.
    if (owesProbe(path) && !hasSharedWork(state)) {
      sendAgain(state, path.packets, path.maxDatagramSize);
    }
    writeSharedFrames(state, path, draft);
    const { room } = draft;
    if (room > 0 && room < SHORT_REST && draft.ackEliciting && hasSharedWork(state)) {
      draft.padBy(room);
    }
  }
  if (path.pingOwed || owesProbe(path)) {
    if (!draft.ackEliciting) draft.write({ type: 'ping' });
    path.pingOwed = false;
    if (path.probesOwed > 0) path.probesOwed -= 1;
  }
  if (validates) draft.padTo(VALIDATION_DATAGRAM);
}

/** RFC 9000 §8.2.1, §8.2.2 */
const VALIDATION_DATAGRAM = 1200;

/** A probe may exceed the window, but on a suspect path it stays a PING where data has a better way. */
function carriesData(state: ConnectionState, path: Path, now: Instant): boolean {
  if (!mayCarryData(path)) return false;
  if (path.suspect && hasHealthyPath(state)) return false;
  return hasRoom(path, now) || owesProbe(path);
}
