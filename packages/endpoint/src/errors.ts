import type { CloseReason } from '@mpquic/quic';
import { alertName } from '@mpquic/tls';
import { type Address, UsageError } from '@mpquic/wire';

export interface QuicErrorOptions {
  /** The wire's error code. */
  readonly errorCode?: bigint | number | undefined;
  /** The stable name of the error in programs. */
  readonly code?: string | undefined;
  readonly type?: 'application' | 'transport' | undefined;
  readonly cause?: unknown;
}

/** Whatever goes wrong with an endpoint, session or stream. `code` is stable; the message is for people. */
export class QuicError extends Error {
  override readonly name = 'QuicError';
  readonly code: string;
  /** What stands, or would stand, on the wire. 0 where nothing does. */
  readonly errorCode: bigint;
  readonly type: 'application' | 'transport';

  constructor(message: string, options: QuicErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = options.type ?? 'application';
    this.code =
      options.code ??
      (this.type === 'application' ? 'ERR_QUIC_APPLICATION_ERROR' : 'ERR_QUIC_TRANSPORT_ERROR');
    this.errorCode = BigInt(options.errorCode ?? 0);
  }
}

/** A call that the state does not allow. */
export function invalidState(message: string): QuicError {
  return new QuicError(message, { code: 'ERR_INVALID_STATE' });
}

/** Calls a machine, whose complaint about its use is an `ERR_INVALID_STATE` here. */
export function requireState<T>(call: () => T, what = ''): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof UsageError ? invalidState(what + error.message) : error;
  }
}

/** An option or argument that makes no sense. */
export function invalidArgument(message: string): QuicError {
  return new QuicError(message, { code: 'ERR_INVALID_ARG_VALUE' });
}

/** The error of a session that ended for `reason`; undefined for a close without an error. RFC 9000 §20 */
export function closeError(reason: CloseReason): QuicError | undefined {
  if (reason.by === 'idle') {
    return new QuicError('the peer did not answer any more', {
      type: 'transport',
      code: 'ERR_QUIC_IDLE_TIMEOUT',
    });
  }
  if (reason.by === 'reset') {
    return new QuicError('the peer lost the state of this connection (stateless reset)', {
      type: 'transport',
      code: 'ERR_QUIC_STATELESS_RESET',
    });
  }
  if (reason.code === 0) return undefined;
  const who = reason.by === 'peer' ? 'the peer closed with' : 'closed with';
  const text = reason.reason === '' ? '' : `: ${reason.reason}`;
  return new QuicError(`${who} ${describeCode(reason)}${text}`, {
    type: reason.application ? 'application' : 'transport',
    errorCode: reason.code,
  });
}

/** What calls of a session meet that ended without an error. */
export function sessionClosed(): QuicError {
  return invalidState('the session is closed');
}

/** The system reports that nobody listens there. */
export function connectionRefused(remote: Address): QuicError {
  return new QuicError(`nothing listens on ${remote.host} port ${remote.port} (UDP)`, {
    type: 'transport',
    code: 'ERR_QUIC_CONNECTION_REFUSED',
  });
}

/** A close code in the words of its registry, with its number. */
export function describeCode(reason: Pick<CloseReason, 'application' | 'code'>): string {
  const { application, code } = reason;
  const hex = `0x${code.toString(16)}`;
  if (application) return `application error ${hex}`;
  if (code >= 0x100 && code <= 0x1ff) return `TLS alert ${alertName(code - 0x100)} (${hex})`;
  const name = TRANSPORT_ERRORS[code];
  return name === undefined ? `transport error ${hex}` : `${name} (${hex})`;
}

/** RFC 9000 §20.1, MP-21 §4.9 */
const TRANSPORT_ERRORS: { readonly [code: number]: string } = {
  0: 'NO_ERROR',
  1: 'INTERNAL_ERROR',
  2: 'CONNECTION_REFUSED',
  3: 'FLOW_CONTROL_ERROR',
  4: 'STREAM_LIMIT_ERROR',
  5: 'STREAM_STATE_ERROR',
  6: 'FINAL_SIZE_ERROR',
  7: 'FRAME_ENCODING_ERROR',
  8: 'TRANSPORT_PARAMETER_ERROR',
  9: 'CONNECTION_ID_LIMIT_ERROR',
  10: 'PROTOCOL_VIOLATION',
  11: 'INVALID_TOKEN',
  12: 'APPLICATION_ERROR',
  13: 'CRYPTO_BUFFER_EXCEEDED',
  14: 'KEY_UPDATE_ERROR',
  15: 'AEAD_LIMIT_REACHED',
  16: 'NO_VIABLE_PATH',
  17: 'VERSION_NEGOTIATION_ERROR',
  62: 'APPLICATION_ABANDON_PATH',
  15989: 'PATH_RESOURCE_LIMIT_REACHED',
  15990: 'PATH_UNSTABLE_OR_POOR',
  15991: 'NO_CID_AVAILABLE_FOR_PATH',
};
