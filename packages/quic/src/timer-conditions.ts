import type { Path } from './paths/path.ts';
import type { TimerConditions } from './recovery/loss-detection.ts';
import type { ConnectionState } from './state.ts';

/** The least that is worth sending to an address that is not validated. */
const LEAST_ALLOWANCE = 64;

/** What loss detection on a path depends on besides its packets; valid until the next call. RFC 9002 §A.8 */
export function timerConditions(state: ConnectionState, path: Path): TimerConditions {
  const conditions = state.environment.workspace.timerConditions;
  conditions.atAmplificationLimit = path.network.amplification.allowance < LEAST_ALLOWANCE;
  conditions.peerValidatedAddress =
    state.role === 'server' ||
    state.handshakeConfirmed ||
    path.id !== 0 ||
    state.handshake?.peerValidatedAddress === true;
  conditions.hasHandshakeKeys = state.handshake?.handshake?.keys.sealer !== undefined;
  conditions.handshakeConfirmed = state.handshakeConfirmed;
  return conditions;
}
