import type { PfcpCause } from './cause.ts';
import type { PfcpHeader } from './messages/header.ts';

/**
 * A received PFCP message that cannot be processed. Where `header` and `cause` are given and the message is
 * a request, it is answered with that cause; otherwise it is discarded (TS 29.244 §7.6).
 */
export class PfcpDecodeError extends Error {
  readonly code = 'PFCP_DECODE';
  override readonly name = 'PfcpDecodeError';
  override readonly cause: PfcpCause | undefined;
  /** Type of the information element at fault. */
  readonly offendingIe: number | undefined;
  readonly header: PfcpHeader | undefined;
  /** The message has a version other than 1: answered by Version Not Supported Response. */
  readonly versionNotSupported: boolean;

  constructor(
    reason: string,
    details: {
      readonly cause?: PfcpCause | undefined;
      readonly offendingIe?: number | undefined;
      readonly header?: PfcpHeader | undefined;
      readonly versionNotSupported?: boolean;
    } = {},
  ) {
    super(reason);
    this.cause = details.cause;
    this.offendingIe = details.offendingIe;
    this.header = details.header;
    this.versionNotSupported = details.versionNotSupported ?? false;
  }
}

/** The value of an information element breaks its format. Caught where messages are decoded. */
export class MalformedIe extends Error {
  readonly code = 'MALFORMED_IE';
  override readonly name = 'MalformedIe';
}

/** An information element that makes its message unacceptable. Caught where messages are decoded. */
export class IeFault extends Error {
  readonly code = 'IE_FAULT';
  override readonly name = 'IeFault';
  override readonly cause: PfcpCause;
  readonly offendingIe: number;

  constructor(cause: PfcpCause, offendingIe: number, reason: string) {
    super(reason);
    this.cause = cause;
    this.offendingIe = offendingIe;
  }
}
