import { AEAD_TAG_LENGTH } from '@mpquic/crypto';
import type { Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { StreamRun } from '../recovery/stream-run.ts';
import type { ConnectionState } from '../state.ts';
import type { PieceTable } from '../streams/piece-table.ts';
import type { SendStream } from '../streams/send-stream.ts';
import type { Stream } from '../streams/stream-set.ts';
import { takeTurns } from '../transfer/stream-sending.ts';
import {
  LONG_OFFSET,
  streamFrameHeaderLength,
  writeFirstStreamFrameHeader,
  writeNextStreamFrameHeader,
} from '../wire/data-codecs.ts';
import { writeShortHeader } from '../wire/header-writer.ts';
import { packetNumberLength } from '../wire/packet-number.ts';
import { writeSealRow } from './packet-draft.ts';
import { noteRun, onlyDataWaits, packetsAllowed } from './uniform-run.ts';

/**
 * Makes or goes on with a run by packets of `size` octets that are filled by one STREAM frame each, as nearly all packets
 * of a bulk transfer are: what is asked for every packet elsewhere is asked here once for all of them. The caller
 * knows that application data goes this way, and that ECN is not being tested. Returns how many packets there are,
 * `most` at most, the first at `start` of `buffer` and in row `row` of the seal table.
 */
export function appendStreamPackets(
  state: ConnectionState,
  path: Path,
  buffer: Uint8Array,
  start: number,
  size: number,
  row: number,
  most: number,
  now: Instant,
): number {
  // With stream data, acknowledgements leave before they are due.
  if (state.datagramsToSend.length > 0 || path.acks.hasNews) return 0;
  if (!onlyDataWaits(state, path, now)) return 0;
  const limit = Math.min(most, packetsAllowed(path, size, now));
  let count = 0;
  while (count < limit) {
    const stream = state.streams.sendable.peek();
    if (stream === undefined || stream.held) break;
    const at = start + count * size;
    const more = fillFrom(state, path, stream, buffer, at, size, row + count, limit - count, now);
    if (more === 0) break;
    count += more;
  }
  if (count > 0) noteRun(state, path, count, size, now);
  return count;
}

/** Packets of one stream: until its turn is over, its octets or its credit do not suffice, or headers grow. */
function fillFrom(
  state: ConnectionState,
  path: Path,
  stream: Stream,
  buffer: Uint8Array,
  start: number,
  size: number,
  row: number,
  most: number,
  now: Instant,
): number {
  const { packets, id: pathId } = path;
  const destination = path.peerIds.current?.bytes;
  const { id, send } = stream;
  if (send === undefined || destination === undefined) return 0;
  const first = packets.nextNumber;
  const numberLength = packetNumberLength(first, packets.largestAcknowledged);
  const headerLength = 1 + destination.length + numberLength;
  const payloadLength = size - AEAD_TAG_LENGTH - headerLength;
  const { sealTable, streamRun: run } = state.environment.workspace;
  run.timeSent = now;
  run.size = size;
  planRun(state, path, stream, send, payloadLength, most, run);
  const { count, length } = run;
  const pieces = piecesOf(state);
  const keyPhase = state.keys?.keyPhase ?? 0;
  for (let i = 0; i < count; i++) {
    const at = start + i * size;
    const number = first + i;
    const payload = writeShortHeader(buffer, at, destination, keyPhase, number, numberLength);
    const data = payload + payloadLength - length;
    if (i === 0) writeFirstStreamFrameHeader(buffer, payload, run);
    else writeNextStreamFrameHeader(buffer, payload, payload - size, data - payload, length);
    send.copy(i * length, length, buffer, data, pieces);
    writeSealRow(sealTable, row + i, at, headerLength, numberLength, payloadLength, pathId, number);
  }
  if (count === 0) return 0;
  packets.addStreamRun(run);
  send.framesSent(count * length);
  state.sendCredit.use(count * length);
  if (send.takeWritable()) state.events.push({ type: 'stream_writable', streamId: id });
  takeTurns(state, stream, count * length, send.hasFrame);
  return count;
}

/** Decides how many octets of the stream each packet carries, and how many packets there are: 0 where none can be filled. */
function planRun(
  state: ConnectionState,
  path: Path,
  stream: Stream,
  send: SendStream,
  payloadLength: number,
  most: number,
  run: StreamRun,
): void {
  run.streamId = stream.id;
  run.offset = send.nextOffset;
  run.length = payloadLength - headerLengthOf(run, 0);
  run.count = Math.min(most, framesOf(state, stream, send, run.length));
  if (run.count > 1 && !haveSameHeaders(path, run)) run.count = 1;
}

/** Frames of so many octets that the stream has, and that its turn and flow control allow. */
function framesOf(
  state: ConnectionState,
  stream: Stream,
  send: SendStream,
  length: number,
): number {
  if (length < 1) return 0;
  const turn = Math.ceil(state.streams.turnLeft(stream) / length);
  return Math.min(turn, send.fullFrames(length, state.sendCredit.available));
}

/** Whether the headers of all packets of a run, the next ones of their path, are as long as those of the first one. */
function haveSameHeaders(path: Path, run: StreamRun): boolean {
  const { nextNumber, largestAcknowledged } = path.packets;
  const { count, length } = run;
  return (
    packetNumberLength(nextNumber + count - 1, largestAcknowledged) ===
      packetNumberLength(nextNumber, largestAcknowledged) &&
    headerLengthOf(run, (count - 1) * length) === headerLengthOf(run, 0)
  );
}

/** Of the frame with the octets that are so far ahead in a run. */
function headerLengthOf({ streamId, offset }: StreamRun, ahead: number): number {
  return streamFrameHeaderLength(streamId, Math.min(offset + ahead, LONG_OFFSET), undefined);
}

/** What copies the octets of the whole run by one call, where the sealer can. */
export function piecesOf(state: ConnectionState): PieceTable | undefined {
  const { pieces } = state.environment.workspace;
  return state.keys?.sealer?.copyPieces === undefined ? undefined : pieces;
}
