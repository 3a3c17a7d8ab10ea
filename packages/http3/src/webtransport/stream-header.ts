import { concatBytes, readVarint, VarintTooLarge, varintLength, writeVarint } from '@mpquic/wire';
import { Http3ConnectionError } from '../error-code.ts';

/** Type of unidirectional streams. WT-07 §4.1 */
export const UNIDIRECTIONAL_TYPE = 0x54;
/** What bidirectional streams begin with. WT-07 §4.2 */
export const BIDIRECTIONAL_SIGNAL = 0x41;

/** What stands in front of the octets of a stream: type or signal, and the session. WT-07 §4.1, §4.2 */
export function streamHeader(direction: 'bidi' | 'uni', sessionId: number): Uint8Array {
  const type = direction === 'uni' ? UNIDIRECTIONAL_TYPE : BIDIRECTIONAL_SIGNAL;
  const header = new Uint8Array(varintLength(type) + varintLength(sessionId));
  writeVarint(header, writeVarint(header, 0, type), sessionId);
  return header;
}

/** What is known of the session of a stream of the peer. */
export type SessionIdOctets =
  | { readonly sessionId: undefined; readonly held: Uint8Array }
  | { readonly sessionId: number; readonly rest: Uint8Array };

/**
 * Reads the session ID, of which `held` came before.
 * @throws {Http3ConnectionError} H3_ID_ERROR where no session can have it. WT-07 §4
 */
export function readSessionId(held: Uint8Array, data: Uint8Array): SessionIdOctets {
  const octets = held.length === 0 ? data : concatBytes(held, data);
  const length = octets.length === 0 ? 1 : 1 << ((octets[0] as number) >> 6);
  if (octets.length < length) return { sessionId: undefined, held: octets.slice() };
  const sessionId = integer(octets, length);
  // Client-initiated and bidirectional. RFC 9000 §2.1
  if (sessionId % 4 !== 0) {
    throw new Http3ConnectionError('H3_ID_ERROR', `${sessionId} is no session`);
  }
  return { sessionId, rest: octets.subarray(length) };
}

/** Above 2^53-1 no stream is ever reached: the low bits count, the rest saturates. */
function integer(octets: Uint8Array, length: number): number {
  try {
    return readVarint(octets, 0, length);
  } catch (error) {
    if (!(error instanceof VarintTooLarge)) throw error;
    return BEYOND_ALL_STREAMS + ((octets[length - 1] as number) & 3);
  }
}

const BEYOND_ALL_STREAMS = 2 ** 53 - 4;
