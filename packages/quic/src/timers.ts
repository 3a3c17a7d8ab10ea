import type { Instant } from '@mpquic/wire';
import { closeSilently } from './close.ts';
import { closingTimeout, handleClosingTimeout } from './closing-state.ts';
import type { CloseReason } from './connection-event.ts';
import { abandonPath, deletePath, hasOtherPath } from './path-verbs/path-closing.ts';
import { candidateFailed } from './path-verbs/path-moving.ts';
import { shrinkDatagrams, sizeIsDoubtful } from './path-verbs/path-mtu.ts';
import { validationFailed } from './path-verbs/path-validity.ts';
import type { Path } from './paths/path.ts';
import { largestProbeTimeout } from './probe-timeouts.ts';
import type { AckTracker } from './recovery/ack-tracker.ts';
import { Space } from './recovery/loss-detection.ts';
import type { ConnectionState } from './state.ts';
import { timerConditions } from './timer-conditions.ts';
import { sendAgain } from './transmit/delivery.ts';
import { hasHealthyPath, hasSharedWork, mayCarryData } from './transmit/path-choice.ts';
import { TransportErrorCode } from './transport-error.ts';

/** Ack-eliciting packets that a probe timeout sends. RFC 9002 §6.2.4 */
const PROBES = 2;

/** Consecutive probe timeouts after which a path is given up, where another works. */
const ABANDON_AFTER = 6;

/** Consecutive probe timeouts after which smaller packets are tried. RFC 9000 §14.4 */
const SMALLER_PACKETS_AFTER = 3;

/** When {@link handleTimeout} is due, Infinity for never. */
export function nextTimeout(state: ConnectionState): Instant {
  if (state.lifetime.phase !== 'open') return closingTimeout(state);
  let next = Math.min(idleDeadline(state), state.localIds.nextExpiry, keyDeadline(state));
  next = Math.min(next, handshakeAckDeadline(state));
  const shared = hasSharedWork(state) || state.datagramsToSend.length > 0;
  for (const path of state.paths.list)
    next = Math.min(next, pathDeadline(state, path, shared) ?? NEVER);
  return next;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Undefined for never, as most often: Infinity would be an object for every answer. */
function pathDeadline(state: ConnectionState, path: Path, shared: boolean): Instant | undefined {
  let next = Math.min(path.deleteAt ?? NEVER, ackDeadline(state, path.acks));
  next = Math.min(next, path.recovery.loss.deadline(timerConditions(state, path)));
  if (path.state === 'abandoned') return next === NEVER ? undefined : next;
  next = Math.min(next, path.validation.deadline(state.now) ?? NEVER);
  next = Math.min(next, path.candidate?.validation.deadline(state.now) ?? NEVER);
  if (shared && mayCarryData(path)) next = Math.min(next, pacingDeadline(state, path));
  return next === NEVER ? undefined : next;
}

/** A path that only the pacer holds back goes on when that lets it. */
function pacingDeadline(state: ConnectionState, path: Path): Instant {
  const { congestion, pacer } = path.recovery;
  if (congestion.room < path.maxDatagramSize) return NEVER;
  const release = pacer.nextRelease(state.now);
  return release > state.now ? release : NEVER;
}

function keyDeadline(state: ConnectionState): Instant {
  return state.keys?.nextTimeout() ?? NEVER;
}

function handshakeAckDeadline(state: ConnectionState): Instant {
  const { handshake } = state;
  if (handshake === undefined) return NEVER;
  const { initial, handshake: second } = handshake;
  return Math.min(ackDeadline(state, initial?.acks), ackDeadline(state, second?.acks));
}

/** An acknowledgement that is due and still here cannot leave now: it waits for what changes that. */
function ackDeadline(state: ConnectionState, acks: AckTracker | undefined): Instant {
  return acks === undefined || acks.deadline <= state.now ? NEVER : acks.deadline;
}

/** RFC 9000 §10.1: the lesser of both sides' timeouts, and at least three PTO. */
function idleDeadline(state: ConnectionState): Instant {
  const own = state.config.maxIdleTimeout || NEVER;
  const peer = state.peer?.maxIdleTimeout || NEVER;
  return state.idleSince + Math.max(Math.min(own, peer), 3 * largestProbeTimeout(state));
}

/** Does all that is due. */
export function handleTimeout(state: ConnectionState, now: Instant): void {
  if (state.lifetime.phase !== 'open') {
    handleClosingTimeout(state, now);
    return;
  }
  if (idleDeadline(state) <= now) {
    closeSilently(state, IDLE);
    return;
  }
  state.localIds.expire(now);
  state.keys?.handleTimeout(now);
  for (const path of [...state.paths.list]) {
    if (state.lifetime.phase !== 'open') return;
    handlePathTimeout(state, path, now);
  }
}

const IDLE: CloseReason = {
  by: 'idle',
  application: false,
  code: 0,
  frameType: 0,
  reason: 'idle timeout',
};

function handlePathTimeout(state: ConnectionState, path: Path, now: Instant): void {
  if (path.deleteAt !== undefined && path.deleteAt <= now) {
    deletePath(state, path, now);
    return;
  }
  if (path.validation.failed(now)) {
    validationFailed(state, path, now);
    if (path.state === 'abandoned' || state.lifetime.phase !== 'open') return;
  }
  if (path.candidate?.validation.failed(now) === true) candidateFailed(state, path);
  const { loss } = path.recovery;
  const outcome = loss.handleTimeout(timerConditions(state, path), now);
  if (outcome === 'probe') probe(state, path, loss.timerSpace, now);
}

/** RFC 9002 §6.2.4; what is outstanding goes again, by other paths where there are any. MP-21 §5.7 */
function probe(state: ConnectionState, path: Path, space: Space, now: Instant): void {
  if (path.state === 'abandoned') return;
  path.probesOwed = PROBES;
  path.probeSpace = space;
  if (space !== Space.application) {
    // What a client sent behind its Finished cannot have a timer of its own yet. RFC 9002 §6.2.1, §6.2.4
    if (state.role === 'client') sendAgain(state, path.packets, PROBES * path.maxDatagramSize);
    return;
  }
  // RFC 9000 §14.4: that a probe of the MTU is lost says nothing about the path.
  if (path.mtu?.outstanding === true && path.packets.ackElicitingInFlight === 1) return;
  const { ptoCount } = path.recovery.loss;
  if (ptoCount >= SMALLER_PACKETS_AFTER || sizeIsDoubtful(path)) shrinkDatagrams(state, path);
  suspect(state, path, now);
  const elsewhere = path.suspect && hasHealthyPath(state);
  if (!elsewhere) sendAgain(state, path.packets, PROBES * path.maxDatagramSize);
  else if (ptoCount >= ABANDON_AFTER && hasOtherPath(state, path)) {
    abandonPath(state, path.id, TransportErrorCode.PATH_UNSTABLE_OR_POOR, 'local', now);
  }
}

/** Turns to other paths from a path whose packets go unacknowledged. */
function suspect(state: ConnectionState, path: Path, now: Instant): void {
  if (path.suspect || path.state !== 'active' || !hasOtherPath(state, path)) return;
  path.suspect = true;
  sendAgain(state, path.packets, Number.POSITIVE_INFINITY);
  state.events.push({ type: 'path_suspect', pathId: path.id, suspect: true });
  state.observer?.pathUpdated?.(path.snapshot(), now);
}
