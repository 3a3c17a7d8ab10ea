import {
  advanceKeySchedule,
  type CryptoProvider,
  HASH_LENGTH,
  type HashName,
  KEY_SCHEDULE_STEPS,
  type KeyScheduleStep,
} from '@mpquic/crypto';
import type { NativeAddon } from './addon.ts';
import { HASH_INDEX, STEP_INDEX } from './algorithm-index.ts';
import type { Scratch } from './scratch.ts';

/** The steps of the key schedule, each in one call of the addon. */
export class NativeKeySchedule {
  readonly #addon: NativeAddon;
  readonly #scratch: Scratch;
  readonly #hmac: Pick<CryptoProvider, 'hmac'>;

  /** @param hmac for inputs that are longer than any but PSKs */
  constructor(addon: NativeAddon, scratch: Scratch, hmac: CryptoProvider['hmac']) {
    this.#addon = addon;
    this.#scratch = scratch;
    this.#hmac = { hmac };
  }

  advance(
    hash: HashName,
    step: KeyScheduleStep,
    secret: Uint8Array,
    input: Uint8Array,
    context: Uint8Array,
  ): readonly Uint8Array[] {
    if (input.length > LONGEST_INPUT) {
      return advanceKeySchedule(this.#hmac, hash, step, secret, input, context);
    }
    const length = HASH_LENGTH[hash];
    const { memory } = this.#scratch;
    memory.set(secret);
    memory.set(context, length);
    memory.set(input, 2 * length);
    this.#addon.advanceKeySchedule(memory, HASH_INDEX[hash], STEP_INDEX[step], input.length);
    for (let i = 0; i < length; i++) secret[i] = memory[i] as number;
    const derived = new Array<Uint8Array>(KEY_SCHEDULE_STEPS[step].labels.length);
    let end = length;
    for (let i = 0; i < derived.length; i++) {
      derived[i] = memory.slice(end, end + length);
      end += length;
    }
    memory.fill(0, 0, end);
    return derived;
  }

  finishedMac(hash: HashName, baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
    const length = HASH_LENGTH[hash];
    const { memory } = this.#scratch;
    memory.set(baseKey);
    memory.set(transcriptHash, length);
    this.#addon.finishedMac(memory, HASH_INDEX[hash]);
    return this.#scratch.take(length);
  }
}

const LONGEST_INPUT = 1024;
