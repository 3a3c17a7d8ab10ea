import { createHmac, hash as hashOnce } from 'node:crypto';
import { plainView } from './bytes.ts';
import { HASH_LENGTH, type HashName } from './provider.ts';

/**
 * HMAC as two hashes of one call each, over memory that is used again: H(K xor opad, H(K xor ipad, text)). An object
 * of `createHmac` takes twice the time, and has to be collected. RFC 2104 §2
 */
export function nodeHmac(hash: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const { block, inner, innerOfLength, outer } = MEMORY[hash];
  if (key.length > block || bytes.length > LONGEST_TEXT) {
    return plainView(createHmac(hash, key).update(bytes).digest());
  }
  for (let i = 0; i < key.length; i++) {
    inner[i] = (key[i] as number) ^ INNER_PAD;
    outer[i] = (key[i] as number) ^ OUTER_PAD;
  }
  inner.fill(INNER_PAD, key.length, block);
  outer.fill(OUTER_PAD, key.length, block);
  inner.set(bytes, block);
  // A string is the cheapest form of a result. It cannot be wiped, but without the key nothing follows from this one.
  innerOfLength[bytes.length] ??= inner.subarray(0, block + bytes.length);
  const digest = hashOnce(hash, innerOfLength[bytes.length] as Uint8Array, 'binary');
  for (let i = 0; i < digest.length; i++) outer[block + i] = digest.charCodeAt(i);
  const result = hashOnce(hash, outer, 'buffer');
  const copy = new Uint8Array(HASH_LENGTH[hash]);
  copy.set(result);
  result.fill(0);
  inner.fill(0, 0, block + bytes.length);
  outer.fill(0);
  return copy;
}

interface HmacMemory {
  /** Octets that the hash takes in at once. FIPS 180-4 §1 */
  readonly block: number;
  readonly inner: Uint8Array;
  /** Views of `inner` by the length of the text, made once. */
  readonly innerOfLength: (Uint8Array | undefined)[];
  readonly outer: Uint8Array;
}

function hmacMemory(hash: HashName, block: number): HmacMemory {
  return {
    block,
    inner: new Uint8Array(block + LONGEST_TEXT),
    innerOfLength: Array.from({ length: LONGEST_TEXT + 1 }, () => undefined),
    outer: new Uint8Array(block + HASH_LENGTH[hash]),
  };
}

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** What handshakes authenticate is shorter. */
const LONGEST_TEXT = 256;

const MEMORY: { readonly [H in HashName]: HmacMemory } = {
  sha256: hmacMemory('sha256', 64),
  sha384: hmacMemory('sha384', 128),
};
