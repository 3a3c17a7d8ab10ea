/**
 * Octets for tests of transfers, computed and not stored: position p of every transfer holds the same
 * octet. The period is prime, so that data that ends up at a wrong place changes the digest.
 */
export function* octets(length: number): Generator<Uint8Array, void, undefined> {
  const block = pattern();
  for (let left = length; left > 0; left -= PERIOD) {
    yield left < PERIOD ? block.subarray(0, left) : block;
  }
}

let cached: Uint8Array | undefined;

/** xorshift32 from a fixed seed. */
function pattern(): Uint8Array {
  if (cached !== undefined) return cached;
  const words = new Uint32Array(Math.ceil(PERIOD / 4));
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  cached = new Uint8Array(words.buffer, 0, PERIOD);
  return cached;
}

const PERIOD = 1_048_573;
