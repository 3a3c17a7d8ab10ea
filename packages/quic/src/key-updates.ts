import { type Instant, UsageError } from '@mpquic/wire';
import type { ConnectionState } from './state.ts';

/**
 * The application asks for new keys. A server waits until the client has its HANDSHAKE_DONE, although it
 * need not: clients refuse new keys before they count as confirmed.
 * @throws {UsageError} too early. RFC 9001 §6.1, MP-21 §2.5
 */
export function updateKeys(state: ConnectionState, now: Instant): void {
  const { keys } = state;
  if (keys === undefined || !state.peerConfirmed || !keys.mayUpdate(now)) {
    throw new UsageError('keys cannot be updated yet');
  }
  update(state, now);
}

/** Updates keys that were used for as many packets as is configured, or allowed. RFC 9001 §6.6 */
export function startDueKeyUpdate(state: ConnectionState, now: Instant): void {
  if (state.peerConfirmed && state.keys?.isUpdateDue(now) === true) update(state, now);
}

function update(state: ConnectionState, now: Instant): void {
  const { keys } = state;
  if (keys === undefined) return;
  keys.update();
  state.counters.keyUpdates += 1;
  state.events.push({ type: 'key_updated', keyPhase: keys.generation, by: 'local' });
  state.observer?.keyUpdated?.(keys.generation, 'local', now);
}
