/** What a NAS message that could not be decoded was answering to, so that a status or reject can name it. */
export interface UndecodedMessage {
  /** Extended protocol discriminator: 0x7e 5GMM, 0x2e 5GSM. */
  readonly discriminator?: number;
  readonly messageType?: number;
  /** 5GSM only. */
  readonly pduSessionId?: number;
  /** Procedure transaction identity, 5GSM only. */
  readonly procedureTransactionId?: number;
}

/**
 * A received NAS message that the receiver cannot process. With a `cause` it is answered by a status or
 * reject message that carries it; without one it is silently discarded (TS 24.501 §7.2 to §7.5).
 */
export class NasDecodeError extends Error {
  readonly code = 'NAS_DECODE';
  override readonly name = 'NasDecodeError';
  /** A value of `MmCause` or `SmCause` (96, 97, 111 ...), or `undefined` where the message is discarded. */
  override readonly cause: number | undefined;
  readonly undecoded: UndecodedMessage;

  constructor(cause: number | undefined, reason: string, undecoded: UndecodedMessage = {}) {
    super(reason);
    this.cause = cause;
    this.undecoded = undecoded;
  }
}

/** The value of an information element breaks its format. Turned into absence or into {@link NasDecodeError}. */
export class MalformedValue extends Error {
  readonly code = 'MALFORMED_VALUE';
  override readonly name = 'MalformedValue';
}
