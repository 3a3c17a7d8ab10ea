import { AEAD_TAG_LENGTH } from '@mpquic/crypto';
import type { Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import { datagramFrameHeaderLength, writeDatagramFrameHeader } from '../wire/data-codecs.ts';
import { writeShortHeader } from '../wire/header-writer.ts';
import { packetNumberLength } from '../wire/packet-number.ts';
import { writeSealRow } from './packet-draft.ts';
import { piecesOf } from './stream-packets.ts';
import { noteRun, onlyDataWaits, packetsAllowed } from './uniform-run.ts';

/**
 * Octets of the packets of a run that begins with datagrams alone; `most` where streams have something to send, or where
 * more than one datagram fits a packet of `most` octets.
 */
export function datagramRunSize(state: ConnectionState, path: Path, most: number): number {
  const queue = state.datagramsToSend;
  const second = queue.at(1);
  if (second === undefined || state.streams.sendable.length > 0) return most;
  const first = queue.peek(path.id);
  const mayFollow = second.pathId === undefined || second.pathId === path.id;
  const destination = path.peerIds.current?.bytes;
  if (first === undefined || first !== queue.at(0) || !mayFollow || destination === undefined) {
    return most;
  }
  const { nextNumber, largestAcknowledged } = path.packets;
  const headerLength = 1 + destination.length + packetNumberLength(nextNumber, largestAcknowledged);
  const size = headerLength + frameLength(first.length) + AEAD_TAG_LENGTH;
  return size > most || size + frameLength(second.length) <= most ? most : size;
}

function frameLength(length: number): number {
  return datagramFrameHeaderLength(length) + length;
}

/**
 * Makes or goes on with a run by packets of exactly `size` octets with one DATAGRAM frame each, as long as the next datagram makes
 * such a packet and nothing else waits. The caller knows that application data goes this way, and that ECN is not being
 * tested. Returns how many packets there are, `most` at most, the first at `start` of `buffer` and in row `row` of
 * the seal table.
 */
export function appendDatagramPackets(
  state: ConnectionState,
  path: Path,
  buffer: Uint8Array,
  start: number,
  size: number,
  row: number,
  most: number,
  now: Instant,
): number {
  const queue = state.datagramsToSend;
  if (queue.length === 0 || queue.hasSteered || state.streams.sendable.length > 0) return 0;
  if (!onlyDataWaits(state, path, now)) return 0;
  const limit = Math.min(most, packetsAllowed(path, size, now));
  let count = 0;
  while (count < limit) {
    const at = start + count * size;
    const more = fillRun(state, path, buffer, at, size, row + count, limit - count, now);
    if (more === 0) break;
    count += more;
  }
  if (count === 0) return 0;
  state.counters.datagramsSent += count;
  noteRun(state, path, count, size, now);
  return count;
}

/** Packets of datagrams with consecutive numbers, which one record keeps. */
function fillRun(
  state: ConnectionState,
  path: Path,
  buffer: Uint8Array,
  start: number,
  size: number,
  row: number,
  most: number,
  now: Instant,
): number {
  const queue = state.datagramsToSend;
  const { packets, id: pathId } = path;
  const destination = path.peerIds.current?.bytes;
  if (destination === undefined) return 0;
  const { sealTable, streamRun: run } = state.environment.workspace;
  const pieces = piecesOf(state);
  const keyPhase = state.keys?.keyPhase ?? 0;
  const first = packets.nextNumber;
  let firstDatagram = 0;
  let count = 0;
  for (; count < most; count++) {
    const datagram = queue.peek(pathId);
    if (datagram === undefined) break;
    const { length } = datagram;
    if (count === 0) firstDatagram = datagram.number;
    else if (datagram.number !== firstDatagram + count) break;
    const number = first + count;
    const numberLength = packetNumberLength(number, packets.largestAcknowledged);
    const headerLength = 1 + destination.length + numberLength;
    const payloadLength = frameLength(length);
    if (headerLength + payloadLength + AEAD_TAG_LENGTH !== size) break;
    const at = start + count * size;
    const payload = writeShortHeader(buffer, at, destination, keyPhase, number, numberLength);
    const data = writeDatagramFrameHeader(buffer, payload, length);
    if (pieces?.add(datagram.source, datagram.start, data, length) !== true) {
      buffer.set(datagram.data, data);
    }
    const rowAt = row + count;
    writeSealRow(sealTable, rowAt, at, headerLength, numberLength, payloadLength, pathId, number);
    // Its memory serves others at the next call of the application at the earliest: by then the pieces are copied.
    queue.remove(datagram);
  }
  if (count === 0) return 0;
  run.count = count;
  run.timeSent = now;
  run.size = size;
  packets.addDatagramRun(run, firstDatagram);
  return count;
}
