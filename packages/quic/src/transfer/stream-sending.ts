import { UsageError } from '@mpquic/wire';
import type { StreamDirection } from '../connection-event.ts';
import type { ConnectionState } from '../state.ts';
import type { StreamOctets } from '../streams/stream-octets.ts';
import type { PeerStreamLimits, Stream } from '../streams/stream-set.ts';
import type { PlainControlFrame } from '../transmit/outbox.ts';
import type { PacketDraft } from '../transmit/packet-draft.ts';
import { streamFrameHeaderLength, writeStreamFrameHeader } from '../wire/data-codecs.ts';

/** Streams of one packet beyond the first, at most: each is remembered by an object. */
const STREAMS_PER_PACKET = 8;

/** Octets of a STREAM frame's Length field, for what one packet can hold. */
const LENGTH_FIELD = 2;

export function openStream(state: ConnectionState, direction: StreamDirection): number | undefined {
  const stream = state.streams.open(direction);
  if (stream === undefined) reportStreamsBlocked(state, direction);
  return stream?.id;
}

/** STREAMS_BLOCKED, once per limit. RFC 9000 §4.6 */
function reportStreamsBlocked(state: ConnectionState, direction: StreamDirection): void {
  if (state.peer === undefined) return;
  const limit = state.streams.count(direction).takeBlocked();
  if (limit !== undefined) state.outbox.push({ type: 'streams_blocked', direction, limit });
}

/**
 * What was sent as 0-RTT data never was, and other limits hold: it goes once more, as far as they allow.
 * RFC 9001 §4.6.2
 */
export function restartStreams(
  state: ConnectionState,
  limits: PeerStreamLimits & { readonly initialMaxData: number },
): void {
  const { streams, outbox, sendCredit } = state;
  sendCredit.restart(limits.initialMaxData);
  outbox.removeWhere(({ type }) => type.endsWith('_blocked'));
  streams.restart(limits);
  streams.connectionCreditRaised();
  for (const direction of DIRECTIONS) reportStreamsBlocked(state, direction);
}

/** Queues octets and returns how many were taken. @throws {UsageError} on a stream that cannot be sent on */
export function writeStream(
  state: ConnectionState,
  streamId: number,
  data: Uint8Array,
  fin: boolean,
): number {
  const stream = state.streams.get(streamId);
  if (stream === undefined) return 0;
  if (stream.send === undefined) throw new UsageError(`stream ${streamId} is only received`);
  const taken = stream.send.write(data, fin);
  state.streams.sendable.push(stream);
  return taken;
}

export function resetStream(state: ConnectionState, streamId: number, code: number): void {
  const stream = state.streams.get(streamId);
  if (stream?.send?.reset(code) === true) state.streams.control.push(stream);
}

/** Whether a packet would carry stream data or frames about streams. */
export function hasStreamFrames(state: ConnectionState): boolean {
  return state.streams.sendable.length > 0 || hasStreamControl(state);
}

/** Whether a packet would carry frames about streams. */
export function hasStreamControl(state: ConnectionState): boolean {
  const { streams } = state;
  return (
    streams.control.length > 0 ||
    state.receiveWindow.updateDue ||
    streams.count('bidi').updateDue ||
    streams.count('uni').updateDue
  );
}

/** Writes MAX_DATA, MAX_STREAMS, and what single streams owe. */
export function writeStreamControl(state: ConnectionState, draft: PacketDraft): void {
  if (!hasStreamControl(state) || draft.room < CONTROL_ROOM) return;
  const { receiveWindow, streams } = state;
  if (receiveWindow.updateDue) {
    const maximum = receiveWindow.update(state.now, smoothedRtt(state));
    writeRemembered(draft, { type: 'max_data', maximum });
  }
  for (const direction of DIRECTIONS) {
    const count = streams.count(direction);
    if (!count.updateDue || draft.room < CONTROL_ROOM) continue;
    writeRemembered(draft, { type: 'max_streams', direction, maximum: count.update() });
  }
  for (let left = streams.control.length; left > 0 && draft.room >= CONTROL_ROOM; left--) {
    const stream = streams.control.shift();
    if (stream !== undefined) writeControlOf(state, draft, stream);
  }
}

const DIRECTIONS: readonly StreamDirection[] = ['bidi', 'uni'];

/** The frames of one stream, or of the connection, fit into so many octets. */
const CONTROL_ROOM = 64;

function writeControlOf(state: ConnectionState, draft: PacketDraft, stream: Stream): void {
  const { id: streamId, send, receive } = stream;
  if (stream.held) return;
  if (send?.resetPending === true) {
    const { resetCode: errorCode, finalSize } = send;
    writeRemembered(draft, { type: 'reset_stream', streamId, errorCode, finalSize });
    send.resetSent();
  }
  if (receive?.stopPending === true) {
    writeRemembered(draft, { type: 'stop_sending', streamId, errorCode: receive.stopCode });
    receive.stopSent();
  }
  if (receive?.windowUpdateDue === true) {
    const maximum = receive.windowUpdate(state.now, smoothedRtt(state));
    writeRemembered(draft, { type: 'max_stream_data', streamId, maximum });
  }
}

function writeRemembered(draft: PacketDraft, frame: PlainControlFrame): void {
  if (draft.write(frame)) draft.remember(frame);
}

/** Octets wait for those that took the slowest path, so that one tells how large a window must be. */
function smoothedRtt(state: ConnectionState): number {
  let most = 0;
  for (const path of state.paths.list) {
    if (!path.suspect) most = Math.max(most, path.smoothedRtt);
  }
  return most;
}

/**
 * Fills the rest of a packet with stream data, streams taking turns. The last frame goes without its
 * length, so that a packet of a long transfer is filled to its last octet.
 */
export function writeStreamData(state: ConnectionState, draft: PacketDraft): void {
  const { streams, sendCredit } = state;
  for (let frames = 0; frames < STREAMS_PER_PACKET; ) {
    const stream = streams.sendable.peek();
    const send = stream?.send;
    if (stream === undefined) return;
    if (send === undefined || stream.held || !send.hasFrame) {
      streams.sendable.shift();
      reportBlocked(state, stream);
      continue;
    }
    if (send.needsConnectionCredit && sendCredit.available === 0) {
      setAside(state, stream);
      continue;
    }
    if (!writeFrame(draft, stream, sendCredit)) return;
    if (send.takeWritable()) state.events.push({ type: 'stream_writable', streamId: stream.id });
    frames += 1;
    takeTurns(state, stream, send.frameLength, send.hasFrame);
  }
}

/** The stream goes behind the others when its turn is over, or when it has nothing more. */
export function takeTurns(
  state: ConnectionState,
  stream: Stream,
  octets: number,
  hasMore: boolean,
): void {
  const { sendable } = state.streams;
  const isOver = state.streams.countTurn(stream, octets);
  if (hasMore && !isOver) return;
  if (hasMore) {
    sendable.rotate();
    return;
  }
  sendable.shift();
  reportBlocked(state, stream);
}

/** Only the limit of the connection keeps the stream from sending. RFC 9000 §4.1 */
function setAside(state: ConnectionState, stream: Stream): void {
  state.streams.sendable.shift();
  state.streams.waitForConnectionCredit(stream);
  const limit = state.sendCredit.takeBlocked();
  if (limit !== undefined) state.outbox.push({ type: 'data_blocked', limit });
}

/** STREAM_DATA_BLOCKED, where the stream's own limit stops it. RFC 9000 §4.1 */
function reportBlocked(state: ConnectionState, stream: Stream): void {
  const limit = stream.held ? undefined : stream.send?.takeBlocked();
  if (limit === undefined) return;
  state.outbox.push({ type: 'stream_data_blocked', streamId: stream.id, limit });
}

/** Writes one STREAM frame; false where not even one octet of data fits. */
function writeFrame(
  draft: PacketDraft,
  stream: Stream,
  sendCredit: ConnectionState['sendCredit'],
): boolean {
  const { id, send } = stream;
  if (send === undefined) return false;
  const room = draft.room - streamFrameHeaderLength(id, send.frameStart, undefined);
  if (room < 1 || !send.prepare(room, sendCredit.available)) return false;
  const { frameOffset, frameLength, frameFin } = send;
  const left = room - frameLength;
  // Padding goes in front of a frame that reaches the packet's end without a length of its own.
  const toTheEnd = left < LENGTH_FIELD;
  if (toTheEnd && left > 0) draft.padBy(left);
  const length = toTheEnd ? undefined : frameLength;
  const { buffer } = draft;
  const at = writeStreamFrameHeader(buffer, draft.at, id, frameOffset, length, frameFin);
  send.copyFrame(buffer, at, draft.pieces);
  draft.at = at + frameLength;
  draft.rememberStream(id, frameOffset, frameLength, frameFin);
  draft.observed?.push({
    type: 'stream',
    streamId: id,
    offset: frameOffset,
    fin: frameFin,
    source: buffer,
    dataStart: at,
    dataEnd: draft.at,
  });
  sendCredit.use(send.commit());
  return true;
}

/** RFC 9000 §3.1 */
export function streamAcknowledged(
  state: ConnectionState,
  streamId: number,
  octets: StreamOctets,
): void {
  const stream = state.streams.get(streamId);
  const send = stream?.send;
  if (stream === undefined || send === undefined) return;
  const wasDone = send.isTerminal;
  send.acknowledge(octets);
  if (send.takeWritable()) state.events.push({ type: 'stream_writable', streamId });
  if (wasDone || !send.isTerminal) return;
  state.events.push({ type: 'stream_delivered', streamId });
  state.streams.forgetIfDone(stream);
}

export function streamLost(state: ConnectionState, streamId: number, octets: StreamOctets): void {
  const stream = state.streams.get(streamId);
  if (stream?.send === undefined) return;
  stream.send.lose(octets);
  if (stream.send.hasFrame) state.streams.sendable.push(stream);
}
