import { randomFillSync } from 'node:crypto';

/**
 * Fills `into` from octets that were drawn many at a time, for a draw costs far more than the few octets of a nonce or a
 * connection ID. Each octet is handed out once, and forgotten here.
 */
export function fillRandom(into: Uint8Array): Uint8Array {
  const { length } = into;
  if (length > LONGEST_POOLED) return randomFillSync(into);
  if (used + length > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  for (let i = 0; i < length; i++, used++) {
    into[i] = POOL[used] as number;
    POOL[used] = 0;
  }
  return into;
}

const POOL = new Uint8Array(4096);
const LONGEST_POOLED = 64;
let used = POOL.length;
