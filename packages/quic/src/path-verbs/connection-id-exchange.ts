import type { IssuedConnectionId } from '../paths/connection-id-table.ts';
import { connectionIdBytes } from '../paths/local-connection-ids.ts';
import type { Path } from '../paths/path.ts';
import type { ConnectionIdViolation } from '../paths/remote-connection-ids.ts';
import { largestProbeTimeout } from '../probe-timeouts.ts';
import type { ReceivedPacket } from '../receive/received-packet.ts';
import { statelessResetToken } from '../set/stateless-reset.ts';
import type { ConnectionState } from '../state.ts';
import type { ControlFrame } from '../transmit/outbox.ts';
import { TransportError, type TransportErrorName } from '../transport-error.ts';

/** Issues what open paths and path IDs that may be opened next lack. RFC 9000 §5.1.1, MP-21 §3.2.1 */
export function announceConnectionIds(state: ConnectionState): void {
  if (!state.handshakeComplete) return;
  for (const path of state.paths.list) {
    if (path.state !== 'abandoned') announceForPath(state, path.id);
  }
  for (const pathId of state.paths.unusedIds()) announceForPath(state, pathId);
}

function announceForPath(state: ConnectionState, pathId: number): void {
  const limit = state.peer?.activeConnectionIdLimit ?? 0;
  const inUse = state.paths.get(pathId) !== undefined;
  for (const entry of state.localIds.replenish(pathId, limit, inUse)) {
    state.outbox.push(announcement(state, entry));
  }
}

/** MP-21 §3.2: with multipath, path 0 SHOULD be served by the frames of all paths. */
function announcement(state: ConnectionState, entry: IssuedConnectionId<object>): ControlFrame {
  const { crypto, environment } = state;
  const connectionId = connectionIdBytes(entry);
  const fields = {
    sequenceNumber: entry.sequence,
    retirePriorTo: 0,
    connectionId,
    statelessResetToken: statelessResetToken(crypto, environment.statelessResetKey, connectionId),
  };
  return state.paths.limits === undefined
    ? { type: 'new_connection_id', ...fields }
    : { type: 'path_new_connection_id', pathId: entry.pathId, ...fields };
}

/** NEW_CONNECTION_ID or PATH_NEW_CONNECTION_ID. @throws {TransportError} RFC 9000 §19.15, MP-21 §4.4 */
export function receiveNewConnectionId(
  state: ConnectionState,
  pathId: number,
  frame: {
    readonly sequenceNumber: number;
    readonly retirePriorTo: number;
    readonly connectionId: Uint8Array;
    readonly statelessResetToken: Uint8Array;
  },
): void {
  const { paths } = state;
  const { sequenceNumber: sequence, connectionId } = frame;
  const { peerIds } = paths.record(pathId);
  if (peerIds.current?.bytes.length === 0) {
    throw new TransportError('PROTOCOL_VIOLATION', 'connection IDs beside a zero-length one');
  }
  const found = paths.findPeerId(connectionId);
  if (found !== undefined && (found.pathId !== pathId || found.sequence !== sequence)) {
    throw new TransportError('PROTOCOL_VIOLATION', 'connection ID issued twice');
  }
  const id = { sequence, bytes: connectionId, statelessResetToken: frame.statelessResetToken };
  const limit = state.config.activeConnectionIdLimit;
  const violation = peerIds.add(id, frame.retirePriorTo, limit);
  if (violation !== undefined) {
    throw new TransportError(VIOLATIONS[violation], `connection ID ${sequence}: ${violation}`);
  }
  const path = paths.get(pathId);
  if (path !== undefined && peerIds.current === undefined) peerIds.rotate();
  queueRetirements(state, pathId);
}

const VIOLATIONS: { readonly [V in ConnectionIdViolation]: TransportErrorName } = {
  contradicts_earlier: 'PROTOCOL_VIOLATION',
  limit_exceeded: 'CONNECTION_ID_LIMIT_ERROR',
  retirements_exceeded: 'CONNECTION_ID_LIMIT_ERROR',
};

/** RETIRE_CONNECTION_ID or PATH_RETIRE_CONNECTION_ID. @throws {TransportError} RFC 9000 §19.16, MP-21 §4.5 */
export function receiveRetireConnectionId(
  state: ConnectionState,
  packet: ReceivedPacket,
  pathId: number,
  sequence: number,
): void {
  if (!state.localIds.wasAnnounced(pathId, sequence)) {
    throw new TransportError('PROTOCOL_VIOLATION', 'retires a connection ID that was never issued');
  }
  if (packet.path.id === pathId && packet.localSequence === sequence) {
    throw new TransportError('PROTOCOL_VIOLATION', 'retires the connection ID it was sent to');
  }
  state.localIds.retire(pathId, sequence, packet.now + 3 * largestProbeTimeout(state));
  announceForPath(state, pathId);
}

/**
 * Goes on with another connection ID of the same path, where the peer left a spare. The one so far
 * belongs to the 4-tuple before a move, as long as that may be the right one. RFC 9000 §9.5, MP-21 §3.2.2
 */
export function changePeerId(state: ConnectionState, path: Path): void {
  if (path.previous === undefined) path.peerIds.rotate();
  else path.peerIds.move();
  queueRetirements(state, path.id);
}

/** Tells the peer which of its connection IDs went out of use. */
export function queueRetirements(state: ConnectionState, pathId: number): void {
  for (const sequenceNumber of state.paths.record(pathId).peerIds.takeRetired()) {
    state.outbox.push(
      state.paths.limits === undefined
        ? { type: 'retire_connection_id', sequenceNumber }
        : { type: 'path_retire_connection_id', pathId, sequenceNumber },
    );
  }
}
