import { AEAD_TAG_LENGTH } from '@mpquic/crypto';
import type { Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import { datagramFrameHeaderLength, writeDatagramFrameHeader } from '../wire/data-codecs.ts';
import { writeShortHeader } from '../wire/header-writer.ts';
import { packetNumberLength } from '../wire/packet-number.ts';
import { writeSealRow } from './packet-draft.ts';
import { noteRun, onlyDataWaits, packetsAllowed } from './uniform-run.ts';

/**
 * Goes on with a run by packets of exactly `size` octets with one DATAGRAM frame each, as long as the next datagram makes
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
  const destination = path.peerIds.current?.bytes;
  if (destination === undefined || !onlyDataWaits(state, path, now)) return 0;
  const { packets, id: pathId } = path;
  const { sealTable } = state.environment.workspace;
  const keyPhase = state.keys?.keyPhase ?? 0;
  const limit = Math.min(most, packetsAllowed(path, size, now));
  let count = 0;
  for (let at = start; count < limit; at += size) {
    const datagram = queue.peek(pathId);
    if (datagram === undefined) break;
    const { data, number: datagramId } = datagram;
    const number = packets.nextNumber;
    const numberLength = packetNumberLength(number, packets.largestAcknowledged);
    const headerLength = 1 + destination.length + numberLength;
    const payloadLength = datagramFrameHeaderLength(data.length) + data.length;
    if (headerLength + payloadLength + AEAD_TAG_LENGTH !== size) break;
    const payload = writeShortHeader(buffer, at, destination, keyPhase, number, numberLength);
    buffer.set(data, writeDatagramFrameHeader(buffer, payload, data.length));
    const rowOfPacket = row + count;
    writeSealRow(
      sealTable,
      rowOfPacket,
      at,
      headerLength,
      numberLength,
      payloadLength,
      pathId,
      number,
    );
    packets.add(now, size, true, true);
    packets.attachDatagram(datagramId);
    queue.remove(datagram);
    count += 1;
  }
  if (count === 0) return 0;
  state.counters.datagramsSent += count;
  noteRun(state, path, count, size, now);
  return count;
}
