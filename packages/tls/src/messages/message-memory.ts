/**
 * A copy of the first `length` octets of `bytes`, in memory that the messages of many handshakes share: an array of its
 * own would be an allocation outside of the JavaScript heap for each. What was handed out is never written to again, and a
 * block goes with the last of its messages.
 */
export function keepMessage(bytes: Uint8Array, length: number): Uint8Array {
  const whole = length === bytes.length ? bytes : bytes.subarray(0, length);
  if (length > LONGEST_SHARED) return new Uint8Array(whole);
  if (used + length > BLOCK_LENGTH) {
    block = new Uint8Array(BLOCK_LENGTH);
    used = 0;
  }
  const kept = block.subarray(used, used + length);
  kept.set(whole);
  used += length;
  return kept;
}

const BLOCK_LENGTH = 8192;
const LONGEST_SHARED = 1024;
let block: Uint8Array = new Uint8Array(BLOCK_LENGTH);
let used = 0;
