import { createHmac, hash as hashOnce } from 'node:crypto';
import { wipe } from '@mpquic/wire';
import { HASH_LENGTH, type HashName } from './provider.ts';
import { ReusedMemory } from './reused-memory.ts';

/**
 * HMAC as two hashes of one call each, over memory that is used again: H(K xor opad, H(K xor ipad, text)). An object
 * of `createHmac` takes longer, and has to be collected. RFC 2104 §2
 */
export function nodeHmac(
  hash: HashName,
  key: Uint8Array,
  bytes: Uint8Array,
  length: number = HASH_LENGTH[hash],
): Uint8Array {
  const { block } = MEMORY[hash];
  const long = key.length > block || bytes.length > LONGEST_TEXT;
  const whole = long ? createHmac(hash, key).update(bytes).digest() : twoHashes(hash, key, bytes);
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) result[i] = whole[i] as number;
  wipe(whole);
  return result;
}

function twoHashes(hash: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const { block, text, outer } = MEMORY[hash];
  const inner = text.first(block + bytes.length);
  for (let i = 0; i < key.length; i++) {
    inner[i] = (key[i] as number) ^ INNER_PAD;
    outer[i] = (key[i] as number) ^ OUTER_PAD;
  }
  inner.fill(INNER_PAD, key.length, block);
  outer.fill(OUTER_PAD, key.length, block);
  inner.set(bytes, block);
  // A string is the cheapest form of a result. It cannot be wiped, but without the key nothing follows from this one.
  const digest = hashOnce(hash, inner, 'binary');
  for (let i = 0; i < digest.length; i++) outer[block + i] = digest.charCodeAt(i);
  const result = hashOnce(hash, outer, 'buffer');
  wipe(inner, outer);
  return result;
}

interface HmacMemory {
  /** Octets that the hash takes in at once. FIPS 180-4 §1 */
  readonly block: number;
  readonly text: ReusedMemory;
  readonly outer: Uint8Array;
}

function hmacMemory(hash: HashName, block: number): HmacMemory {
  const outer = new Uint8Array(block + HASH_LENGTH[hash]);
  return { block, text: new ReusedMemory(block + LONGEST_TEXT), outer };
}

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** What handshakes authenticate is shorter. */
const LONGEST_TEXT = 256;

const MEMORY: { readonly [H in HashName]: HmacMemory } = {
  sha256: hmacMemory('sha256', 64),
  sha384: hmacMemory('sha384', 128),
};
