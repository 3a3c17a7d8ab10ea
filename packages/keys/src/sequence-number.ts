/**
 * Sequence numbers of AKA: SQN (48 bits) = SEQ (43) || IND (5), kept as a `number`.
 * TS 33.102 Annex C.1.1, C.2
 */
import { UsageError } from '@mpquic/wire';

const IND_VALUES = 32;
const MAX_SQN = 2 ** 48 - 1;
/** The largest jump that a UE accepts, in SEQ. TS 33.102 C.2.1: protection against wrap around. */
const MAX_DELTA = 2 ** 28;

/** The next number of the home network: SEQ and IND both one higher. TS 33.102 C.1.1.3 */
export function nextSqn(sqn: number): number {
  const seq = Math.floor(sqn / IND_VALUES) + 1;
  const ind = ((sqn % IND_VALUES) + 1) % IND_VALUES;
  return (seq * IND_VALUES + ind) % (MAX_SQN + 1);
}

/** 6 octets. @throws {UsageError} above 48 bits */
export function sqnToOctets(sqn: number): Uint8Array {
  if (!Number.isInteger(sqn) || sqn < 0 || sqn > MAX_SQN) {
    throw new UsageError(`SQN ${sqn} is no number of 48 bits`);
  }
  return Uint8Array.from({ length: 6 }, (_, i) => Math.floor(sqn / 256 ** (5 - i)) % 256);
}

/** Of 6 octets. */
export function sqnFromOctets(octets: Uint8Array): number {
  return octets.reduce((value, octet) => value * 256 + octet, 0);
}

/** What a USIM remembers: the highest SEQ accepted for each IND. TS 33.102 C.2.2 */
export class SqnWindow {
  readonly #highestSeq: number[] = new Array<number>(IND_VALUES).fill(0);
  #highest: number;

  /** @param sqn the number that the USIM was delivered with */
  constructor(sqn = 0) {
    this.#highest = sqn;
    this.#highestSeq.fill(Math.floor(sqn / IND_VALUES));
  }

  /** The highest number accepted so far: SQN_MS. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether `sqn` is fresh; if so it counts as used. */
  accept(sqn: number): boolean {
    const seq = Math.floor(sqn / IND_VALUES);
    const ind = sqn % IND_VALUES;
    if (seq <= (this.#highestSeq[ind] as number)) return false;
    if (seq - Math.floor(this.#highest / IND_VALUES) > MAX_DELTA) return false;
    this.#highestSeq[ind] = seq;
    this.#highest = Math.max(this.#highest, sqn);
    return true;
  }
}
