import type { Duration, Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import { INITIAL_RTT } from '../recovery/rtt.ts';
import type { ConnectionState } from '../state.ts';
import { TransportErrorCode } from '../transport-error.ts';
import { queueRetirements } from './connection-id-exchange.ts';
import { abandonPath } from './path-closing.ts';
import { candidateAnswered } from './path-moving.ts';
import { issueToken } from './token-issuing.ts';

/** Asks whether the peer can be reached at a path's 4-tuple. RFC 9000 §8.2 */
export function startValidation(path: Path, now: Instant): void {
  const interval = validationInterval(path);
  // RFC 9000 §8.2.4: three times the larger of the current PTO and that of a new path.
  path.validation.start(now, interval, 3 * Math.max(interval, path.probeTimeout));
}

/** The PTO of a path without an RTT sample. RFC 9002 §6.2.2 */
function validationInterval(path: Path): Duration {
  return path.recovery.rtt.firstSampleAt === undefined ? 3 * INITIAL_RTT : path.probeTimeout;
}

/** PATH_RESPONSE. RFC 9000 §8.2.3; on another path ID it proves nothing. MP-21 §3.1 */
export function receivePathResponse(
  state: ConnectionState,
  path: Path,
  data: Uint8Array,
  now: Instant,
): void {
  if (candidateAnswered(state, path, data, now)) return;
  const result = path.validation.receiveResponse(data);
  if (result === 'unknown') return;
  const wasActive = path.state === 'active';
  path.network.amplification.lift();
  path.previous = undefined;
  path.peerIds.stay();
  queueRetirements(state, path.id);
  if (path.state === 'validating') path.state = 'active';
  if (result === 'address') {
    // RFC 9000 §8.2.1: the challenge was too small to prove the MTU as well.
    startValidation(path, now);
  } else {
    path.mtuValidated = true;
  }
  if (wasActive) return;
  issueToken(state, path.network.remote, now);
  state.events.push({ type: 'path_validated', pathId: path.id });
  state.observer?.pathUpdated?.(path.snapshot(), now);
}

/** RFC 9000 §9.3.2, MP-21 §3.1: back to the address that worked, or the path is closed. */
export function validationFailed(state: ConnectionState, path: Path, now: Instant): void {
  path.validation.stop();
  if (path.previous !== undefined) {
    path.network = path.previous;
    path.previous = undefined;
    path.peerIds.goBack();
    queueRetirements(state, path.id);
    path.state = 'active';
    state.events.push({ type: 'path_migrated', pathId: path.id });
    state.observer?.pathUpdated?.(path.snapshot(), now);
    return;
  }
  abandonPath(state, path.id, TransportErrorCode.PATH_UNSTABLE_OR_POOR, 'local', now);
}
