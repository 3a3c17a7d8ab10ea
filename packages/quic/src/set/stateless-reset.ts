import type { CryptoProvider } from '@mpquic/crypto';
import type { Random } from '@mpquic/wire';

const STATELESS_RESET_TOKEN_LENGTH = 16;

/** A reset looks like a short header packet of at least 5 octets before the token. RFC 9000 §10.3 */
const UNPREDICTABLE_LENGTH = 5;
export const MIN_STATELESS_RESET_LENGTH: number =
  UNPREDICTABLE_LENGTH + STATELESS_RESET_TOKEN_LENGTH;

/** Longer ones would tell it from the packets it imitates no better. */
const MAX_STATELESS_RESET_LENGTH = 43;

/** The token of one of our connection IDs, under a static key of 32 octets. RFC 9000 §10.3.2 */
export function statelessResetToken(
  crypto: CryptoProvider,
  key: Uint8Array,
  connectionId: Uint8Array,
): Uint8Array {
  return crypto.hmac('sha256', key, connectionId, STATELESS_RESET_TOKEN_LENGTH);
}

/**
 * Writes a stateless reset that answers a datagram of `triggerLength` octets. Returns its length, or 0
 * where none may be sent: it is always shorter than its trigger, so two endpoints that reset each
 * other stop. RFC 9000 §10.3.3
 */
export function writeStatelessReset(
  into: Uint8Array,
  offset: number,
  triggerLength: number,
  token: Uint8Array,
  random: Random,
): number {
  const length = Math.min(triggerLength - 1, MAX_STATELESS_RESET_LENGTH);
  if (length < MIN_STATELESS_RESET_LENGTH) return 0;
  random.fill(into.subarray(offset, offset + length - STATELESS_RESET_TOKEN_LENGTH));
  into[offset] = ((into[offset] as number) & 0x3f) | 0x40;
  into.set(token, offset + length - STATELESS_RESET_TOKEN_LENGTH);
  return length;
}

/** Whether a datagram ends in `token`, in constant time. RFC 9000 §10.3.1 */
export function endsInToken(
  crypto: CryptoProvider,
  datagram: Uint8Array,
  token: Uint8Array,
): boolean {
  if (datagram.length < MIN_STATELESS_RESET_LENGTH) return false;
  return crypto.equal(datagram.subarray(datagram.length - STATELESS_RESET_TOKEN_LENGTH), token);
}
