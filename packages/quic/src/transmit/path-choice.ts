import type { Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import { Space } from '../recovery/loss-detection.ts';
import type { ConnectionState } from '../state.ts';
import { hasDatagram } from '../transfer/datagram-exchange.ts';
import { hasStreamFrames } from '../transfer/stream-sending.ts';

/** A packet of its own, beyond any frame, takes more than this. */
const LEAST_PACKET = 64;

/** Whether path-agnostic frames wait: control frames, CRYPTO, stream data. MP-21 §2.8 */
export function hasSharedWork(state: ConnectionState): boolean {
  return (
    !state.outbox.isEmpty || hasStreamFrames(state) || state.applicationCrypto?.hasFrame === true
  );
}

/** Whether a path owes a packet of its own, whatever the scheduler says. */
export function hasDuty(state: ConnectionState, path: Path, now: Instant): boolean {
  if (!path.sendable || path.network.amplification.allowance < LEAST_PACKET) return false;
  return (
    owesProbe(path) ||
    path.pingOwed ||
    path.validation.owedResponse !== undefined ||
    path.validation.challengeDue(now) ||
    (path.acks.isDue(now) && !acknowledgedElsewhere(state, path)) ||
    (mayAcknowledgeOthers(state, path) && owesForeignAck(state, now))
  );
}

/** Whether acknowledgements of other paths may go this way. */
export function mayAcknowledgeOthers(state: ConnectionState, path: Path): boolean {
  return mayCarryData(path) && !acknowledgedElsewhere(state, path);
}

/** Whether a probe timeout asks for an ack-eliciting 1-RTT packet. */
export function owesProbe(path: Path): boolean {
  return path.probesOwed > 0 && path.probeSpace === Space.application;
}

/**
 * Whether the packets of this path are acknowledged on another: nothing leaves on an abandoned path
 * any more, an unvalidated address takes only so much, a suspect path may not carry it. MP-21 §3.4
 */
export function acknowledgedElsewhere(state: ConnectionState, path: Path): boolean {
  if (!path.sendable || path.network.amplification.allowance < LEAST_PACKET) return true;
  return path.suspect && hasHealthyPath(state);
}

/** Whether any path is known to work. */
export function hasHealthyPath(state: ConnectionState): boolean {
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (!path.suspect && mayCarryData(path)) return true;
  }
  return false;
}

/** Whether packets of a path that cannot acknowledge them itself wait for it. */
function owesForeignAck(state: ConnectionState, now: Instant): boolean {
  const { list } = state.paths;
  if (list.length === 1) return false;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (path.acks.isDue(now) && acknowledgedElsewhere(state, path)) return true;
  }
  return false;
}

/** Whether path-agnostic frames may go this way: to a validated address, or while that is found out anew. */
export function mayCarryData(path: Path): boolean {
  if (!path.sendable || path.network.amplification.allowance < LEAST_PACKET) return false;
  return path.state === 'active' || path.previous !== undefined;
}

/** Whether congestion control and pacing let a packet of application data go now. */
export function hasRoom(path: Path, now: Instant): boolean {
  const { congestion, pacer } = path.recovery;
  return congestion.room >= path.maxDatagramSize && !path.packets.full && pacer.budget(now) > 0;
}

/**
 * The path that takes the next packet of path-agnostic frames, by the scheduler's choice; undefined
 * where none has room, or there is nothing to send.
 */
export function scheduledPath(state: ConnectionState, now: Instant): Path | undefined {
  const shared = hasSharedWork(state);
  if (!shared && state.datagramsToSend.length === 0) return undefined;
  if (state.datagramsToSend.hasSteered) {
    const chosen = steeredPath(state, now);
    if (chosen !== undefined) return chosen;
  }
  if (!offerPaths(state, shared, now)) return undefined;
  const { active, candidates } = state.environment.workspace;
  if (active.length === 1) return candidates[0];
  return candidates[state.scheduler.select(candidates, active, now)];
}

/**
 * Collects in the workspace the paths that may carry something, `shared` frames or one of the datagrams that wait, and those
 * of them that have room. False where none has.
 */
function offerPaths(state: ConnectionState, shared: boolean, now: Instant): boolean {
  const { active, candidates } = state.environment.workspace;
  const { list } = state.paths;
  let usable = 0;
  let open = 0;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (!mayCarryData(path)) continue;
    if (!shared && !hasDatagram(state, path)) continue;
    active[usable++] = path;
    if (hasRoom(path, now)) candidates[open++] = path;
  }
  if (open === 0) return false;
  // Not emptied before: an array whose length becomes 0 gives its memory away, and this runs for every packet.
  if (active.length !== usable) active.length = usable;
  if (candidates.length !== open) candidates.length = open;
  return true;
}

/**
 * The path that the scheduler of a datagram chooses for it, which binds the datagram: the oldest one
 * that has a way now. Undefined where there is none.
 */
function steeredPath(state: ConnectionState, now: Instant): Path | undefined {
  if (!offerPaths(state, true, now)) return undefined;
  const { active, candidates } = state.environment.workspace;
  const chosen = state.datagramsToSend.steer((scheduler) => {
    const index = scheduler.select(candidates, active, now);
    return candidates[index]?.id;
  });
  return chosen === undefined ? undefined : state.paths.get(chosen);
}
