import { clearTransmit, type Instant, type Transmit } from '@mpquic/wire';
import { closeLocally } from '../close.ts';
import { transmitWhileClosing } from '../closing-state.ts';
import type { ConnectionState } from '../state.ts';
import { TransportErrorCode } from '../transport-error.ts';
import { buildClosePackets } from './transmit-close.ts';
import { transmitEarly } from './transmit-early.ts';
import { transmitHandshake } from './transmit-handshake.ts';
import { transmitOffPath } from './transmit-off-path.ts';
import { transmitMtuProbe } from './transmit-probe.ts';
import { transmitRun } from './transmit-run.ts';

/**
 * Fills `into` with what is to be sent first: CONNECTION_CLOSE, then handshake packets, 0-RTT data, what is
 * owed to addresses other than a path's own, then a run of 1-RTT packets for one path. False where
 * there is nothing to send now.
 */
export function transmit(
  state: ConnectionState,
  now: Instant,
  into: Transmit,
  maxDatagrams: number,
): boolean {
  clearTransmit(into);
  if (state.keys?.isExhausted === true) {
    // RFC 9001 §6.6: one packet is left, the one that says so.
    closeLocally(state, TransportErrorCode.AEAD_LIMIT_REACHED, 'keys are used up', now);
  }
  if (state.lifetime.phase === 'close_pending') buildClosePackets(state, into, now);
  if (state.lifetime.phase === 'closing') return transmitWhileClosing(state, into);
  if (state.lifetime.phase !== 'open') return false;
  return (
    transmitHandshake(state, now, into) ||
    transmitEarly(state, now, into) ||
    transmitOffPath(state, now, into) ||
    transmitMtuProbe(state, now, into) ||
    transmitRun(state, now, into, maxDatagrams)
  );
}
