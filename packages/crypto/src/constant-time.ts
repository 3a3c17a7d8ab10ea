import { timingSafeEqual } from 'node:crypto';
import { ReusedMemory } from './reused-memory.ts';

/** Tags, MACs and tokens have at most so many octets. */
const SHORT = 64;

/**
 * Whether both hold the same octets, in a time that does not tell where they differ. Short ones are copied first: node:crypto
 * would have each small array moved out of the JavaScript heap, which takes longer than the comparison.
 */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  const { length } = a;
  if (b.length !== length) return false;
  if (length > SHORT) return timingSafeEqual(a, b);
  const left = LEFT.first(length);
  const right = RIGHT.first(length);
  left.set(a);
  right.set(b);
  const equal = timingSafeEqual(left, right);
  left.fill(0);
  right.fill(0);
  return equal;
}

const LEFT = new ReusedMemory(SHORT);
const RIGHT = new ReusedMemory(SHORT);
