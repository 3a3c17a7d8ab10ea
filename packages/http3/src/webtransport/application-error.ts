/** Error codes of WebTransport itself. WT-07 §8.5 */
export const WebTransportErrorCode = {
  bufferedStreamRejected: 0x3994_bd84,
  sessionGone: 0x170d_7b68,
} as const;

/** Codes of applications lie here, without those that RFC 9114 §8.1 reserves. WT-07 §4.3 */
const FIRST = 0x52e4_a40f_a8db;
const LAST = 0x52e5_ac98_3162;
/** Every 31st code of HTTP/3 is reserved. */
const PERIOD = 0x1f;
const OFFSET = 0x21;

/** The code of HTTP/3 for one of an application, 0 to 2^32-1. WT-07 §4.3 */
export function applicationToHttp3Error(code: number): number {
  return FIRST + code + Math.floor(code / (PERIOD - 1));
}

/** The application's code; undefined for one that no application can have given. WT-16 §4.4 */
export function http3ToApplicationError(code: number): number | undefined {
  if (code < FIRST || code > LAST || (code - OFFSET) % PERIOD === 0) return undefined;
  const shifted = code - FIRST;
  return shifted - Math.floor(shifted / PERIOD);
}
