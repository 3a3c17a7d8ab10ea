import { QuicError } from './errors.ts';

/** What bounds a client's handshake. */
export interface HandshakeLimits {
  /** Milliseconds until it must be complete. Default 10 s. */
  readonly handshakeTimeout?: bigint | number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Calls `giveUp` when a handshake takes too long, or its caller gives up. To be ended by the function that it returns. */
export function limitHandshake(
  { handshakeTimeout, signal }: HandshakeLimits,
  giveUp: (reason: unknown) => void,
): () => void {
  const milliseconds = Number(handshakeTimeout ?? DEFAULT_HANDSHAKE_TIMEOUT);
  const timer = setTimeout(() => {
    const error = new QuicError(`the handshake was not complete within ${milliseconds} ms`, {
      type: 'transport',
      code: 'ERR_QUIC_HANDSHAKE_TIMEOUT',
    });
    giveUp(error);
  }, milliseconds);
  if (signal === undefined) return () => clearTimeout(timer);
  const abort = (): void => giveUp(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  };
}

const DEFAULT_HANDSHAKE_TIMEOUT = 10_000;
