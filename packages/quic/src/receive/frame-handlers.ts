import { closedByPeer } from '../close.ts';
import { confirmHandshake } from '../handshake/handshake.ts';
import {
  receiveNewConnectionId,
  receiveRetireConnectionId,
} from '../path-verbs/connection-id-exchange.ts';
import { notifyPathAvailable } from '../path-verbs/path-availability.ts';
import { receivePathAbandon } from '../path-verbs/path-closing.ts';
import { receiveMaxPathId, receivePathStatus } from '../path-verbs/path-opening.ts';
import { receivePathResponse } from '../path-verbs/path-validity.ts';
import type { ConnectionState } from '../state.ts';
import { CryptoStream } from '../streams/crypto-stream.ts';
import { receiveDatagramFrame } from '../transfer/datagram-exchange.ts';
import {
  receiveDataBlocked,
  receiveMaxData,
  receiveMaxStreamData,
  receiveMaxStreams,
  receiveResetStream,
  receiveStopSending,
  receiveStreamDataBlocked,
  receiveStreamFrame,
  receiveStreamsBlocked,
} from '../transfer/stream-receiving.ts';
import { cryptoErrorCode, TransportError } from '../transport-error.ts';
import type { CryptoFrame, Frame, FrameOf, FrameType } from '../wire/frames.ts';
import { receiveAcknowledgement } from './acknowledgements.ts';
import type { ReceivedPacket } from './received-packet.ts';

type Handler<T extends FrameType> = (
  state: ConnectionState,
  packet: ReceivedPacket,
  frame: FrameOf<T>,
) => void;

const nothing = (): void => undefined;

/** Alert unexpected_message: what TLS has no use for after the handshake. */
const UNEXPECTED_MESSAGE = 10;

/** What is done with each frame of a packet that was opened. */
const HANDLERS: { readonly [T in FrameType]: Handler<T> } = {
  padding: nothing,
  ping: nothing,
  ack: (state, packet, frame) => receiveAcknowledgement(state, packet, frame, 0),
  path_ack: (state, packet, frame) => {
    requireMultipath(state);
    if (frame.pathId > (state.paths.limits?.local ?? 0)) throw aboveLimit(frame.pathId);
    receiveAcknowledgement(state, packet, frame, frame.pathId);
  },
  reset_stream: receiveResetStream,
  stop_sending: receiveStopSending,
  crypto: receiveCrypto,
  new_token(state, _packet, frame) {
    // RFC 9000 §19.7
    if (state.role === 'server') throw violation('NEW_TOKEN from a client');
    const version = state.version.name;
    state.events.push({ type: 'new_token', token: frame.token.slice(), version });
  },
  stream: receiveStreamFrame,
  max_data: receiveMaxData,
  max_stream_data: receiveMaxStreamData,
  max_streams: receiveMaxStreams,
  data_blocked: receiveDataBlocked,
  stream_data_blocked: receiveStreamDataBlocked,
  streams_blocked: receiveStreamsBlocked,
  new_connection_id: (state, _packet, frame) => {
    if (state.paths.standing(0) === 'closed') return;
    receiveNewConnectionId(state, 0, frame);
  },
  retire_connection_id: (state, packet, frame) =>
    receiveRetireConnectionId(state, packet, 0, frame.sequenceNumber),
  path_challenge(_state, packet, frame) {
    const { local, remote, payload } = packet.datagram;
    if (packet.path.state === 'abandoned') return;
    const data = frame.data.slice();
    packet.path.validation.oweResponse({ data, local, remote, limit: 3 * payload.length });
  },
  path_response: (state, packet, frame) =>
    receivePathResponse(state, packet.path, frame.data, packet.now),
  connection_close: (state, packet, frame) => closedByPeer(state, frame, packet.now),
  handshake_done(state, packet) {
    // RFC 9000 §19.20
    if (state.role === 'server') throw violation('HANDSHAKE_DONE from a client');
    confirmHandshake(state, packet.now);
  },
  datagram: receiveDatagramFrame,
  path_abandon: forPath((state, packet, frame) =>
    receivePathAbandon(state, frame.pathId, frame.errorCode, packet.now),
  ),
  path_status_available: forPath((state, _packet, frame) =>
    receivePathStatus(state, frame.pathId, 'available', frame.sequenceNumber),
  ),
  path_status_backup: forPath((state, _packet, frame) =>
    receivePathStatus(state, frame.pathId, 'backup', frame.sequenceNumber),
  ),
  path_new_connection_id: forPath((state, _packet, frame) => {
    receiveNewConnectionId(state, frame.pathId, frame);
    notifyPathAvailable(state);
  }),
  path_retire_connection_id: forPath((state, packet, frame) =>
    receiveRetireConnectionId(state, packet, frame.pathId, frame.sequenceNumber),
  ),
  max_path_id(state, _packet, frame) {
    requireMultipath(state);
    receiveMaxPathId(state, frame.maximum);
  },
  paths_blocked(state, _packet, frame) {
    requireMultipath(state);
    if (frame.maximum > (state.paths.limits?.local ?? 0)) throw aboveLimit(frame.maximum);
  },
  path_cids_blocked: forPath((state, _packet, frame) => {
    if (frame.nextSequenceNumber > state.localIds.nextSequence(frame.pathId)) {
      throw violation('PATH_CIDS_BLOCKED with a sequence number that was never reached');
    }
  }),
};

/** Acts on one frame. @throws {TransportError} where it breaks a rule */
export function handleFrame(state: ConnectionState, packet: ReceivedPacket, frame: Frame): void {
  try {
    // Nearly all frames of a transfer: a lookup by name takes longer than the comparison.
    if (frame.type === 'stream') receiveStreamFrame(state, packet, frame);
    else (HANDLERS[frame.type] as Handler<FrameType>)(state, packet, frame);
  } catch (error) {
    if (!(error instanceof TransportError) || error.frameType !== 0) throw error;
    throw new TransportError(error.code, error.reason, packet.frameType);
  }
}

type PathFrame = Exclude<
  Extract<Frame, { readonly pathId: number }>,
  { readonly type: 'path_ack' }
>;

/** Rules that frames about one path share: those of paths that are gone are ignored. MP-21 §4 */
function forPath<F extends PathFrame>(
  handler: (state: ConnectionState, packet: ReceivedPacket, frame: F) => void,
): (state: ConnectionState, packet: ReceivedPacket, frame: F) => void {
  return (state, packet, frame) => {
    requireMultipath(state);
    const standing = state.paths.standing(frame.pathId);
    if (standing === 'above_limit') throw aboveLimit(frame.pathId);
    if (standing === 'closed' && frame.type !== 'path_abandon') return;
    handler(state, packet, frame);
  };
}

/** RFC 9000 §12.4: without the extension its frame types are unknown. */
function requireMultipath(state: ConnectionState): void {
  if (state.paths.limits !== undefined) return;
  throw new TransportError('FRAME_ENCODING_ERROR', 'multipath is not negotiated');
}

function receiveCrypto(state: ConnectionState, packet: ReceivedPacket, frame: CryptoFrame): void {
  const { source, dataStart, dataEnd, offset } = frame;
  if (packet.level === 'initial') {
    state.handshake?.initial?.crypto.receive(source, dataStart, dataEnd, offset);
  } else if (packet.level === 'handshake') {
    state.handshake?.handshake?.crypto.receive(source, dataStart, dataEnd, offset);
  } else if (state.role === 'server') {
    throw new TransportError(
      cryptoErrorCode(UNEXPECTED_MESSAGE),
      'CRYPTO data after the handshake',
    );
  } else {
    state.applicationCrypto ??= new CryptoStream();
    state.applicationCrypto.receive(source, dataStart, dataEnd, offset);
  }
}

function violation(reason: string): TransportError {
  return new TransportError('PROTOCOL_VIOLATION', reason);
}

function aboveLimit(pathId: number): TransportError {
  return violation(`path ID ${pathId} is above the limit`);
}
