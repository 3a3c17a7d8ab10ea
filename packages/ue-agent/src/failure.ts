import { causeName } from '@mpquic/nas';

/** What ends a procedure of the UE. */
export type UeFailureReason =
  /** The network rejected the request; `cause` is the NAS cause. */
  | 'rejected'
  /** The network does not hold the subscriber's key, or an answer is not genuine. */
  | 'not_authentic'
  | 'no_answer'
  | 'connection_lost'
  /** The network's answer makes no sense, or lacks what is needed. */
  | 'protocol'
  /** No PSK was agreed on; the UE does not fall back to certificates. */
  | 'no_psk'
  | 'mpquic';

/** A procedure of the UE did not succeed; the message is one line for a person. */
export class UeFailure extends Error {
  readonly code = 'UE_FAILURE';
  override readonly name = 'UeFailure';
  readonly reason: UeFailureReason;
  override readonly cause: unknown;

  /** @param cause a NAS cause value, or the error behind it */
  constructor(reason: UeFailureReason, message: string, cause?: unknown) {
    super(message);
    this.reason = reason;
    this.cause = cause;
  }
}

/** The network rejects with a message of this name, and one of these causes as reason. */
export function rejection(
  message: string,
  causes: Readonly<Record<string, number>>,
  cause: number,
): UeFailure {
  return new UeFailure('rejected', `${message}: ${causeName(causes, cause)}`, cause);
}
