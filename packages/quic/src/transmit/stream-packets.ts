import { AEAD_TAG_LENGTH } from '@mpquic/crypto';
import { Ecn, type Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import type { PieceTable } from '../streams/piece-table.ts';
import type { SendStream } from '../streams/send-stream.ts';
import type { Stream } from '../streams/stream-set.ts';
import { hasStreamControl, takeTurns } from '../transfer/stream-sending.ts';
import { streamFrameHeaderLength, writeStreamFrameHeader } from '../wire/data-codecs.ts';
import { writeShortHeader } from '../wire/header-writer.ts';
import { packetNumberLength } from '../wire/packet-number.ts';
import { writeSealRow } from './packet-draft.ts';
import { owesProbe } from './path-choice.ts';

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
  if (!onlyStreamsWait(state) || !owesNothing(state, path, now)) return 0;
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
  if (count > 0) noteSent(state, path, count, size, now);
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
  const offset = send.frameStart;
  const numberLength = packetNumberLength(first, packets.largestAcknowledged);
  const headerLength = 1 + destination.length + numberLength;
  const payloadLength = size - AEAD_TAG_LENGTH - headerLength;
  const length = payloadLength - streamFrameHeaderLength(id, offset, undefined);
  const wanted = Math.min(most, framesOf(state, stream, send, length));
  if (wanted === 0) return 0;
  const count = haveSameHeaders(path, id, first, offset, length, wanted) ? wanted : 1;
  const { sealTable } = state.environment.workspace;
  const pieces = piecesOf(state);
  const keyPhase = state.keys?.keyPhase ?? 0;
  for (let i = 0; i < count; i++) {
    const at = start + i * size;
    const number = first + i;
    const from = offset + i * length;
    const payload = writeShortHeader(buffer, at, destination, keyPhase, number, numberLength);
    const data = writeStreamFrameHeader(buffer, payload, id, from, undefined, false);
    send.copy(from, length, buffer, data, pieces);
    writeSealRow(sealTable, row + i, at, headerLength, numberLength, payloadLength, pathId, number);
  }
  packets.addStreamRun(count, now, size, id, offset, length);
  send.framesSent(count * length);
  state.sendCredit.use(count * length);
  if (send.takeWritable()) state.events.push({ type: 'stream_writable', streamId: id });
  takeTurns(state, stream, count * length, send.hasFrame);
  return count;
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

/** Whether the headers of so many packets with so many octets each are as long as those of the first one. */
function haveSameHeaders(
  path: Path,
  streamId: number,
  first: number,
  offset: number,
  length: number,
  count: number,
): boolean {
  const { largestAcknowledged } = path.packets;
  const last = offset + (count - 1) * length;
  return (
    packetNumberLength(first + count - 1, largestAcknowledged) ===
      packetNumberLength(first, largestAcknowledged) &&
    streamFrameHeaderLength(streamId, last, undefined) ===
      streamFrameHeaderLength(streamId, offset, undefined)
  );
}

/** What copies the octets of the whole run by one call, where the sealer can. */
function piecesOf(state: ConnectionState): PieceTable | undefined {
  const { pieces } = state.environment.workspace;
  return state.keys?.sealer?.copyPieces === undefined ? undefined : pieces;
}

/** Nothing but octets of streams is to be sent, and nobody looks. */
function onlyStreamsWait(state: ConnectionState): boolean {
  return (
    state.outbox.isEmpty &&
    state.applicationCrypto?.hasFrame !== true &&
    state.datagramsToSend.length === 0 &&
    !hasStreamControl(state) &&
    state.observer?.packetSent === undefined
  );
}

/** The path has nothing to say of its own. */
function owesNothing(state: ConnectionState, path: Path, now: Instant): boolean {
  const { validation, acks } = path;
  return (
    !acks.hasNews &&
    validation.owedResponse === undefined &&
    !validation.challengeDue(now) &&
    !path.pingOwed &&
    !owesProbe(path) &&
    !path.suspect &&
    (state.paths.list.length === 1 || !anyAckDue(state, now))
  );
}

function anyAckDue(state: ConnectionState, now: Instant): boolean {
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) if ((list[i] as Path).acks.isDue(now)) return true;
  return false;
}

/** What congestion control, pacing, the record of packets and the next number to be skipped allow. */
function packetsAllowed(path: Path, size: number, now: Instant): number {
  const { congestion, pacer } = path.recovery;
  return Math.min(
    Math.floor(congestion.room / path.maxDatagramSize),
    pacer.packets(size, now),
    path.packets.room,
    path.packetsUntilSkip - 1,
  );
}

function noteSent(
  state: ConnectionState,
  path: Path,
  count: number,
  size: number,
  now: Instant,
): void {
  const { loss, pacer, ecn } = path.recovery;
  loss.packetSent(count * size, now);
  pacer.packetSent(count * size, now);
  if (ecn.mark !== Ecn.notEct) {
    ecn.markedPacketSent(count);
    path.ecnMarks.sent(path.packets.nextNumber - count, false);
  }
  path.packetsUntilSkip -= count;
  path.ackOnlyPackets = 0;
  path.packetsSent += count;
  state.counters.packetsSent += count;
  if (!state.sentSinceReceived) {
    state.sentSinceReceived = true;
    state.idleSince = now;
  }
}
