import type { Path } from '../paths/path.ts';
import type { ConnectionIdViolation } from '../paths/remote-connection-ids.ts';
import { largestProbeTimeout } from '../probe-timeouts.ts';
import type { ReceivedPacket } from '../receive/received-packet.ts';
import type { ConnectionState } from '../state.ts';
import { TransportError, type TransportErrorName } from '../transport-error.ts';
import type { NewConnectionIdFrame, PathNewConnectionIdFrame } from '../wire/frames.ts';

/** However high the limits are, so many paths can be opened without asking for more. */
const UNUSED_IDS_PREPARED = 8;

/** Issues what open paths and path IDs that may be opened next lack. RFC 9000 §5.1.1, MP-21 §3.2.1 */
export function announceConnectionIds(state: ConnectionState): void {
  if (!state.handshakeComplete) return;
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (path.state !== 'abandoned') announceForPath(state, path.id);
  }
  let unused = state.paths.unusedAbove(0);
  for (let i = 0; i < UNUSED_IDS_PREPARED && unused !== undefined; i++) {
    announceForPath(state, unused);
    unused = state.paths.unusedAbove(unused);
  }
}

function announceForPath(state: ConnectionState, pathId: number): void {
  const { localIds, outbox } = state;
  const limit = state.peer?.activeConnectionIdLimit ?? 0;
  const inUse = state.paths.get(pathId) !== undefined;
  const issued = localIds.replenish(pathId, limit, inUse);
  const end = localIds.nextSequence(pathId);
  for (let sequenceNumber = end - issued; sequenceNumber < end; sequenceNumber++) {
    outbox.push({ type: 'connection_id_announcement', pathId, sequenceNumber });
  }
}

/** NEW_CONNECTION_ID or PATH_NEW_CONNECTION_ID. @throws {TransportError} RFC 9000 §19.15, MP-21 §4.4 */
export function receiveNewConnectionId(
  state: ConnectionState,
  pathId: number,
  frame: NewConnectionIdFrame | PathNewConnectionIdFrame,
): void {
  const { paths } = state;
  const { sequenceNumber: sequence, connectionId } = frame;
  const { peerIds } = paths.record(pathId);
  if (peerIds.current?.bytes.length === 0) {
    throw new TransportError('PROTOCOL_VIOLATION', 'connection IDs beside a zero-length one');
  }
  if (paths.isPeerIdElsewhere(connectionId, pathId, sequence)) {
    throw new TransportError('PROTOCOL_VIOLATION', 'connection ID issued twice');
  }
  const violation = peerIds.add(
    sequence,
    connectionId,
    frame.statelessResetToken,
    frame.retirePriorTo,
    state.config.activeConnectionIdLimit,
  );
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
  const retired = state.paths.record(pathId).peerIds.takeRetired();
  for (let i = 0; i < retired.length; i++) {
    const sequenceNumber = retired[i] as number;
    state.outbox.push(
      state.paths.limits === undefined
        ? { type: 'retire_connection_id', sequenceNumber }
        : { type: 'path_retire_connection_id', pathId, sequenceNumber },
    );
  }
}
