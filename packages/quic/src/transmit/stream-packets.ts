import { AEAD_TAG_LENGTH } from '@mpquic/crypto';
import { Ecn, type Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import type { SendStream } from '../streams/send-stream.ts';
import { hasStreamControl, takeTurns } from '../transfer/stream-sending.ts';
import { streamFrameHeaderLength, writeStreamFrameHeader } from '../wire/data-codecs.ts';
import { writeShortHeader } from '../wire/header-writer.ts';
import { packetNumberLength } from '../wire/packet-number.ts';
import { writeSealRow } from './packet-draft.ts';
import { owesProbe } from './path-choice.ts';

/**
 * Goes on with a run by packets of `size` octets that are filled by one STREAM frame each, as nearly all packets of a
 * bulk transfer are: what is asked for every packet elsewhere is asked here once for all of them. The caller
 * knows that application data goes this way, and that ECN is not being tested. Returns how many packets there are, `most` at most, the first at `start` of
 * `buffer` and in row `row` of the seal table.
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
  const destination = path.peerIds.current?.bytes;
  const limit = Math.min(most, packetsAllowed(path, size, now));
  if (destination === undefined) return 0;
  const { packets } = path;
  const { sealTable } = state.environment.workspace;
  const keyPhase = state.keys?.keyPhase ?? 0;
  let count = 0;
  for (let at = start; count < limit; at += size) {
    const number = packets.nextNumber;
    const numberLength = packetNumberLength(number, packets.largestAcknowledged);
    const payload = writeShortHeader(buffer, at, destination, keyPhase, number, numberLength);
    if (!writeFullFrame(state, path, buffer, payload, at + size, size, now)) break;
    const payloadLength = at + size - AEAD_TAG_LENGTH - payload;
    const headerLength = payload - at;
    const rowOfPacket = row + count;
    const { id } = path;
    writeSealRow(sealTable, rowOfPacket, at, headerLength, numberLength, payloadLength, id, number);
    count += 1;
  }
  if (count > 0) noteSent(state, path, count, size, now);
  return count;
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

/** Fills a packet from `at` on with the next octets of the stream whose turn it is; false where they do not suffice. */
function writeFullFrame(
  state: ConnectionState,
  path: Path,
  buffer: Uint8Array,
  at: number,
  end: number,
  size: number,
  now: Instant,
): boolean {
  const { streams, sendCredit } = state;
  const stream = streams.sendable.peek();
  const send = stream?.send;
  if (stream === undefined || send === undefined) return false;
  const { id } = stream;
  const offset = send.frameStart;
  const length = end - AEAD_TAG_LENGTH - at - streamFrameHeaderLength(id, offset, undefined);
  if (!preparesExactly(send, length, sendCredit.available)) return false;
  copyOctets(state, send, buffer, writeStreamFrameHeader(buffer, at, id, offset, undefined, false));
  sendCredit.use(send.commit());
  path.packets.addStream(now, size, id, offset, length);
  if (send.takeWritable()) state.events.push({ type: 'stream_writable', streamId: id });
  takeTurns(state, stream, length, send.hasFrame);
  return true;
}

/** Copies the octets of the prepared frame, or leaves that to the one call that does so for the whole run. */
function copyOctets(
  state: ConnectionState,
  send: SendStream,
  buffer: Uint8Array,
  at: number,
): void {
  const { pieces } = state.environment.workspace;
  const chunk = state.keys?.sealer?.copyPieces === undefined ? undefined : send.frameChunk();
  if (chunk !== undefined && pieces.add(chunk, send.frameChunkOffset, at, send.frameLength)) return;
  send.copyFrame(buffer, at);
}

/** Prepares a frame of so many octets that were never sent, without the end of the stream. */
function preparesExactly(send: SendStream, length: number, credit: number): boolean {
  return (
    send.needsConnectionCredit &&
    send.hasFrame &&
    send.prepare(length, credit) &&
    send.frameLength === length &&
    !send.frameFin
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
