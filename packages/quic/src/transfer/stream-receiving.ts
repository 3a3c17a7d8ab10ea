import type { LentOctets, StreamChunk } from '../contract.ts';
import type { ReceivedPacket } from '../receive/received-packet.ts';
import type { ConnectionState } from '../state.ts';
import type { StreamPieces } from '../streams/stream-pieces.ts';
import type { Stream } from '../streams/stream-set.ts';
import { TransportError } from '../transport-error.ts';
import type { FrameOf, ResetStreamFrame, StopSendingFrame, StreamFrame } from '../wire/frames.ts';

/** More streams than a stream ID can name. RFC 9000 §4.6 */
const MAX_STREAMS = 2 ** 60;

/** STREAM. RFC 9000 §19.8 */
export function receiveStreamFrame(
  state: ConnectionState,
  packet: ReceivedPacket,
  frame: StreamFrame,
): void {
  const stream = openedForReceiving(state, frame.streamId);
  const receive = stream?.receive;
  if (stream === undefined || receive === undefined) return;
  const wasReadable = receive.isReadable;
  const { source, dataStart, dataEnd, offset, fin } = frame;
  const owned = packet.plaintextIsOwned;
  state.receiveWindow.receive(receive.receive(source, dataStart, dataEnd, offset, fin, owned));
  if (!wasReadable && receive.isReadable) tellReadable(state, stream);
  if (receive.isTerminal) settle(state, stream);
}

/**
 * How many octets of `stream`, from where `pieces` begin, are taken by {@link receiveStreamPieces}: flow control allows
 * them, and nothing but octets comes of them. None where they are for {@link receiveStreamFrame}.
 */
export function piecesRoom(state: ConnectionState, stream: Stream, pieces: StreamPieces): number {
  return stream.receive?.piecesRoom(pieces, state.receiveWindow.available) ?? 0;
}

/** STREAM frames that follow each other on one stream, within {@link piecesRoom}. */
export function receiveStreamPieces(
  state: ConnectionState,
  stream: Stream,
  pieces: StreamPieces,
): void {
  const { receive } = stream;
  if (receive === undefined) return;
  const wasReadable = receive.isReadable;
  state.receiveWindow.receive(receive.receivePieces(pieces));
  if (!wasReadable && receive.isReadable) tellReadable(state, stream);
}

/** Time and again by the same object. */
function tellReadable(state: ConnectionState, stream: Stream): void {
  stream.readable ??= { type: 'stream_readable', streamId: stream.id };
  state.events.push(stream.readable);
}

/** RESET_STREAM. RFC 9000 §19.4 */
export function receiveResetStream(
  state: ConnectionState,
  _packet: ReceivedPacket,
  frame: ResetStreamFrame,
): void {
  const { streamId, errorCode, finalSize } = frame;
  const stream = openedForReceiving(state, streamId);
  const receive = stream?.receive;
  if (stream === undefined || receive === undefined) return;
  const wasReset = receive.resetCode !== undefined;
  state.receiveWindow.receive(receive.reset(errorCode, finalSize));
  if (!wasReset && receive.resetCode !== undefined) {
    state.events.push({ type: 'stream_reset', streamId, code: errorCode });
    receive.resetRead();
  }
  settle(state, stream);
}

/** STOP_SENDING: answered by RESET_STREAM with its code. RFC 9000 §3.5, §19.5 */
export function receiveStopSending(
  state: ConnectionState,
  _packet: ReceivedPacket,
  frame: StopSendingFrame,
): void {
  const { streamId, errorCode: code } = frame;
  const stream = openedForSending(state, streamId);
  if (stream?.send?.reset(code) !== true) return;
  state.streams.control.push(stream);
  state.events.push({ type: 'stream_stopped', streamId, code });
}

/** MAX_DATA. RFC 9000 §19.9 */
export function receiveMaxData(
  state: ConnectionState,
  _packet: ReceivedPacket,
  frame: FrameOf<'max_data'>,
): void {
  if (state.sendCredit.raise(frame.maximum)) state.streams.connectionCreditRaised();
}

/** MAX_STREAM_DATA. RFC 9000 §19.10 */
export function receiveMaxStreamData(
  state: ConnectionState,
  _packet: ReceivedPacket,
  frame: FrameOf<'max_stream_data'>,
): void {
  const stream = openedForSending(state, frame.streamId);
  if (stream?.send?.raiseLimit(frame.maximum) === true) state.streams.sendable.push(stream);
}

/** MAX_STREAMS. RFC 9000 §19.11 */
export function receiveMaxStreams(
  state: ConnectionState,
  _packet: ReceivedPacket,
  frame: FrameOf<'max_streams'>,
): void {
  const { direction, maximum } = frame;
  if (maximum > MAX_STREAMS) throw new TransportError('FRAME_ENCODING_ERROR', 'over 2^60 streams');
  if (state.streams.raisePeerCount(direction, maximum)) {
    state.events.push({ type: 'streams_available', direction });
  }
}

/** DATA_BLOCKED tells nothing that the window does not know. RFC 9000 §19.12 */
export function receiveDataBlocked(): void {}

/** STREAM_DATA_BLOCKED. RFC 9000 §19.13 */
export function receiveStreamDataBlocked(
  state: ConnectionState,
  _packet: ReceivedPacket,
  frame: FrameOf<'stream_data_blocked'>,
): void {
  openedForReceiving(state, frame.streamId);
}

/** STREAMS_BLOCKED. RFC 9000 §19.14 */
export function receiveStreamsBlocked(
  _state: ConnectionState,
  _packet: ReceivedPacket,
  frame: FrameOf<'streams_blocked'>,
): void {
  if (frame.limit > MAX_STREAMS) {
    throw new TransportError('FRAME_ENCODING_ERROR', 'over 2^60 streams');
  }
}

/** The application takes the next octets of a stream. */
export function readStream(state: ConnectionState, streamId: number): StreamChunk | undefined {
  const stream = state.streams.get(streamId);
  const chunk = stream?.receive?.read();
  if (stream !== undefined && chunk !== undefined) settle(state, stream);
  return chunk;
}

/** Shows the application the next octets of a stream. */
export function peekStream(state: ConnectionState, streamId: number, into: LentOctets): boolean {
  return state.streams.get(streamId)?.receive?.peek(into) === true;
}

/** The application is done with octets that it was shown; returns whether the stream has ended with them. */
export function consumeStream(state: ConnectionState, streamId: number, octets: number): boolean {
  const stream = state.streams.get(streamId);
  if (stream?.receive === undefined) return false;
  const ended = stream.receive.consume(octets);
  settle(state, stream);
  return ended;
}

/** The application wants no more of a stream. RFC 9000 §3.5 */
export function stopSending(state: ConnectionState, streamId: number, code: number): void {
  const stream = state.streams.get(streamId);
  if (stream?.receive?.stopSending(code) === true) state.streams.control.push(stream);
  if (stream !== undefined) settle(state, stream);
}

/** Passes on what was read or dropped to the windows, and forgets the stream where it is done. */
function settle(state: ConnectionState, stream: Stream): void {
  const { receive } = stream;
  if (receive === undefined) return;
  state.receiveWindow.consume(receive.takeConsumed());
  if (receive.windowUpdateDue) {
    state.receiveWindow.ensureWindow(1.5 * receive.window);
    state.streams.control.push(stream);
  }
  if (receive.isTerminal) state.streams.forgetIfDone(stream);
}

function openedForReceiving(state: ConnectionState, streamId: number): Stream | undefined {
  const before = state.streams.opened;
  const stream = state.streams.forReceiving(streamId);
  if (state.streams.opened !== before) state.events.push({ type: 'stream_opened', streamId });
  return stream;
}

function openedForSending(state: ConnectionState, streamId: number): Stream | undefined {
  const before = state.streams.opened;
  const stream = state.streams.forSending(streamId);
  if (state.streams.opened !== before) state.events.push({ type: 'stream_opened', streamId });
  return stream;
}
