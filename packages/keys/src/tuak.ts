/** The TUAK algorithm set of TS 35.231, over Keccak-f[1600]. */
import { UsageError, utf8 } from '@mpquic/wire';
import { keccakP } from '@noble/hashes/sha3.js';
import type { AkaFunctions } from './aka-functions.ts';

/** Octets of what the functions return. TS 35.231 §5.2 */
export interface TuakLengths {
  readonly mac: 8 | 16 | 32;
  readonly res: 4 | 8 | 16 | 32;
  readonly ck: 16 | 32;
  readonly ik: 16 | 32;
  /** Runs of the permutation, 1 where the operator chooses nothing else. */
  readonly iterations: number;
}

export const TUAK_DEFAULT_LENGTHS: TuakLengths = { mac: 8, res: 8, ck: 16, ik: 16, iterations: 1 };

/** TOPc, 32 octets, of a key of 16 or 32 octets and the operator's TOP of 32. TS 35.231 §6.1 */
export function deriveTopc(k: Uint8Array, top: Uint8Array, iterations = 1): Uint8Array {
  const none = new Uint8Array();
  return output(permute(top, keyFlag(k), none, none, none, k, iterations), 0, 32);
}

/**
 * The functions of one subscriber.
 * @param k the subscriber key, 16 or 32 octets
 * @param topc 32 octets
 */
export function tuak(
  k: Uint8Array,
  topc: Uint8Array,
  lengths: TuakLengths = TUAK_DEFAULT_LENGTHS,
): AkaFunctions {
  const none = new Uint8Array();
  const { iterations } = lengths;
  const mac = (instance: number, rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array =>
    output(
      permute(topc, instance | lengths.mac | keyFlag(k), rand, amf, sqn, k, iterations),
      0,
      lengths.mac,
    );
  return {
    f1: (rand, sqn, amf) => mac(0x00, rand, sqn, amf),
    f1Star: (rand, sqn, amf) => mac(0x80, rand, sqn, amf),
    f2345: (rand) => {
      const instance =
        0x40 |
        (lengths.res === 4 ? 0 : lengths.res) |
        (lengths.ck === 32 ? 0x04 : 0) |
        (lengths.ik === 32 ? 0x02 : 0) |
        keyFlag(k);
      const state = permute(topc, instance, rand, none, none, k, iterations);
      return {
        res: output(state, 0, lengths.res),
        ck: output(state, 32, lengths.ck),
        ik: output(state, 64, lengths.ik),
        ak: output(state, 96, 6),
      };
    },
    f5Star: (rand) =>
      output(permute(topc, 0xc0 | keyFlag(k), rand, none, none, k, iterations), 96, 6),
  };
}

const ALGORITHM_NAME = utf8('TUAK1.0');

/** The last bit of INSTANCE tells a key of 256 bits. */
function keyFlag(k: Uint8Array): number {
  if (k.length !== 16 && k.length !== 32) throw new UsageError('a TUAK key has 16 or 32 octets');
  return k.length === 32 ? 1 : 0;
}

/** IN and its padding, every field with its least significant octet first. TS 35.231 §6 */
function permute(
  topc: Uint8Array,
  instance: number,
  rand: Uint8Array,
  amf: Uint8Array,
  sqn: Uint8Array,
  k: Uint8Array,
  iterations: number,
): Uint8Array {
  const state = new Uint8Array(200);
  state.set(reversed(topc), 0);
  state[32] = instance;
  state.set(reversed(ALGORITHM_NAME), 33);
  state.set(reversed(rand), 40);
  state.set(reversed(amf), 56);
  state.set(reversed(sqn), 58);
  state.set(reversed(k), 64);
  state[96] = 0x1f;
  state[135] = 0x80;
  const words = littleEndianWords(state);
  for (let i = 0; i < iterations; i++) keccakP(words);
  return littleEndianOctets(words);
}

function output(state: Uint8Array, offset: number, length: number): Uint8Array {
  return reversed(state.subarray(offset, offset + length));
}

function reversed(bytes: Uint8Array): Uint8Array {
  return bytes.toReversed();
}

function littleEndianWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

function littleEndianOctets(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i] as number, true);
  return bytes;
}
