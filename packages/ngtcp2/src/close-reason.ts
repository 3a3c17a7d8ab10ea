import { type CloseReason, cryptoErrorCode, TransportErrorCode } from '@mpquic/quic';
import { ProtocolViolation, TlsAlert } from '@mpquic/tls';
import { fromUtf8, utf8 } from '@mpquic/wire';
import type { Shim } from './shim.ts';

/** Tells ngtcp2 how the CONNECTION_CLOSE is to look that is written next. */
export function setCloseReason(
  shim: Shim,
  application: boolean,
  code: number,
  reason: string,
): void {
  const text = utf8(reason).subarray(0, REASON_LIMIT);
  shim.put(shim.scratch, text);
  shim.call.set_close(application ? 1 : 0, code, text.length);
}

/** The same for what ended a handshake; false where that is no failure of TLS. RFC 9001 §4.8 */
export function setTlsFailure(shim: Shim, error: unknown): boolean {
  if (error instanceof TlsAlert) {
    setCloseReason(shim, false, cryptoErrorCode(error.alert), error.message);
  } else if (error instanceof ProtocolViolation) {
    setCloseReason(shim, false, TransportErrorCode.PROTOCOL_VIOLATION, error.message);
  } else return false;
  return true;
}

/** The reason that ngtcp2 has: for what it sends itself, or as it came from the peer. */
export function readCloseReason(shim: Shim, by: 'local' | 'peer'): CloseReason {
  const { call } = shim;
  const length = Math.min(call.close_reason_length(), REASON_LIMIT);
  const application = call.close_is_application() !== 0;
  return {
    by,
    application,
    code: call.close_code(),
    frameType: application ? 0 : call.close_frame_type(),
    reason: fromUtf8(shim.copy(call.close_reason(), length)),
  };
}

/** Octets of a reason phrase. */
const REASON_LIMIT = 256;
