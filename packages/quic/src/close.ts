import { fromUtf8, type Instant, utf8 } from '@mpquic/wire';
import type { CloseReason } from './connection-event.ts';
import { largestProbeTimeout } from './probe-timeouts.ts';
import type { ConnectionState } from './state.ts';
import { reportQueuedDatagrams } from './transfer/datagram-exchange.ts';
import type { TransportError } from './transport-error.ts';
import type { ConnectionCloseFrame } from './wire/frames.ts';

/** Octets of a reason phrase that are sent, and that are kept of the peer's. */
const REASON_LIMIT = 256;

/** An error of the peer, or of our own, ends the connection with CONNECTION_CLOSE 0x1c. RFC 9000 §11.1 */
export function closeWithError(state: ConnectionState, error: TransportError, now: Instant): void {
  const { code, frameType } = error;
  beginClosing(
    state,
    { by: 'local', application: false, code, frameType, reason: error.reason },
    now,
  );
}

/** This side ends the connection with a transport code. */
export function closeLocally(
  state: ConnectionState,
  code: number,
  reason: string,
  now: Instant,
): void {
  beginClosing(state, { by: 'local', application: false, code, frameType: 0, reason }, now);
}

/** The packets that tell the peer are built by the next `nextTransmit`. RFC 9000 §10.2.1 */
export function beginClosing(state: ConnectionState, reason: CloseReason, now: Instant): void {
  if (state.lifetime.phase !== 'open') return;
  const until = now + closingPeriod(state);
  state.lifetime = { phase: 'close_pending', reason, until };
  reportClosing(state, reason);
}

/** CONNECTION_CLOSE of the peer: nothing is sent from now on. RFC 9000 §10.2.2 */
export function closedByPeer(
  state: ConnectionState,
  frame: ConnectionCloseFrame,
  now: Instant,
): void {
  const { application, errorCode: code, frameType } = frame;
  const reason = fromUtf8(frame.reason.subarray(0, REASON_LIMIT));
  beginDraining(state, { by: 'peer', application, code, frameType, reason }, now);
}

/** RFC 9000 §10.2.2, §10.3 */
export function beginDraining(state: ConnectionState, reason: CloseReason, now: Instant): void {
  if (state.lifetime.phase !== 'open') return;
  state.lifetime = { phase: 'draining', reason, until: now + closingPeriod(state) };
  reportClosing(state, reason);
  release(state);
}

/** Without a word: the idle timeout, or no version in common. RFC 9000 §10.1, §6.2 */
export function closeSilently(state: ConnectionState, reason: CloseReason): void {
  if (state.lifetime.phase !== 'open') return;
  reportClosing(state, reason);
  release(state);
  closed(state, reason);
}

function reportClosing(state: ConnectionState, reason: CloseReason): void {
  state.events.push({ type: 'closing', reason });
  state.observer?.connectionClosed?.(reason, state.now);
}

/** The closing or draining period is over. */
export function closed(
  state: Pick<ConnectionState, 'lifetime' | 'localIds' | 'events'>,
  reason: CloseReason,
): void {
  state.lifetime = { phase: 'closed', reason };
  state.localIds.removeAll();
  state.events.push({ type: 'closed', reason });
}

/** MP-21 §2.6: three times the largest PTO of all paths. */
function closingPeriod(state: ConnectionState): number {
  return 3 * largestProbeTimeout(state);
}

/** The frame that tells the peer, for packets of the level given. */
export function closeFrame(reason: CloseReason, inOneRtt: boolean): ConnectionCloseFrame {
  if (reason.application && !inOneRtt) {
    // RFC 9000 §10.2.3: what the application has to say stays out of the handshake's packets.
    return { type: 'connection_close', application: false, ...APPLICATION_ERROR };
  }
  const { application, code: errorCode, frameType } = reason;
  const text = utf8(reason.reason).subarray(0, REASON_LIMIT);
  return { type: 'connection_close', application, errorCode, frameType, reason: text };
}

const APPLICATION_ERROR = { errorCode: 0x0c, frameType: 0, reason: new Uint8Array() };

/** Wipes keys and lets go of what is not needed to end. RFC 9000 §10.2 */
export function release(state: ConnectionState): void {
  state.handshake?.initial?.keys.dispose();
  state.handshake?.otherInitial?.keys.dispose();
  state.handshake?.handshake?.keys.dispose();
  state.handshake = undefined;
  state.early?.keys.dispose();
  state.tls?.dispose();
  state.tls = undefined;
  state.applicationCrypto = undefined;
  state.keys?.dispose();
  state.keys = undefined;
  state.earlyPackets = [];
  state.datagramsToSend.clear();
  state.outbox.clear();
  for (const path of state.paths.list) path.release();
  state.paths.releaseRecords();
  reportQueuedDatagrams(state);
}
