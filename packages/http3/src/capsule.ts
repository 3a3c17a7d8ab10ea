import { ByteWriter } from '@mpquic/wire';
import { Http3StreamError } from './error-code.ts';

/** Capsule types. RFC 9297 §3.5, RFC 9484 §4.7 */
export const CapsuleType = {
  datagram: 0x00,
  addressAssign: 0x01,
  addressRequest: 0x02,
  routeAdvertisement: 0x03,
} as const;

export interface Capsule {
  readonly type: number;
  readonly value: Uint8Array;
}

export function encodeCapsule(type: number, value: Uint8Array): Uint8Array {
  return new ByteWriter(value.length + 16).varint(type).varint(value.length).bytes(value).finish();
}

type State =
  | { readonly in: 'header' }
  | { readonly in: 'value'; readonly type: number; readonly kept: boolean; left: number };

/**
 * Splits a data stream into capsules. Unknown ones are skipped without being kept, whatever length
 * they claim; known ones are kept up to `maximumLength` octets. RFC 9297 §3.2
 */
export class CapsuleParser {
  readonly #known: ReadonlySet<number>;
  readonly #maximumLength: number;
  #state: State = { in: 'header' };
  #held: Uint8Array = new Uint8Array();

  constructor(known: Iterable<number>, maximumLength: number) {
    this.#known = new Set(known);
    this.#maximumLength = maximumLength;
  }

  /** Whether the stream may end here. RFC 9297 §3.3 */
  get betweenCapsules(): boolean {
    return this.#state.in === 'header' && this.#held.length === 0;
  }

  /** @throws {Http3StreamError} where a known capsule is too long */
  push(bytes: Uint8Array, take: (capsule: Capsule) => void): void {
    let rest = bytes;
    for (;;) {
      const before = rest;
      rest = this.#state.in === 'header' ? this.#header(rest) : this.#value(rest, take);
      const waiting = this.#state.in === 'header' || this.#state.left > 0;
      if (rest.length === 0 && waiting) return;
      if (rest === before && this.#state.in === 'header') return;
    }
  }

  #header(bytes: Uint8Array): Uint8Array {
    const heldBefore = this.#held.length;
    const joined = heldBefore === 0 ? bytes : join(this.#held, bytes);
    const type = wideVarint(joined, 0);
    const length = type === undefined ? undefined : wideVarint(joined, type.end);
    if (type === undefined || length === undefined) {
      this.#held = joined.slice();
      return bytes.subarray(bytes.length);
    }
    this.#held = new Uint8Array();
    const kept = this.#known.has(type.value);
    if (kept && length.value > this.#maximumLength) {
      throw new Http3StreamError('H3_MESSAGE_ERROR', `a capsule of ${length.value} octets`);
    }
    this.#state = { in: 'value', type: type.value, kept, left: length.value };
    return bytes.subarray(length.end - heldBefore);
  }

  #value(bytes: Uint8Array, take: (capsule: Capsule) => void): Uint8Array {
    const state = this.#state;
    if (state.in !== 'value') return bytes;
    const piece = bytes.subarray(0, Math.min(bytes.length, state.left));
    state.left -= piece.length;
    if (state.kept) this.#held = join(this.#held, piece);
    if (state.left === 0) {
      const value = this.#held;
      this.#held = new Uint8Array();
      this.#state = { in: 'header' };
      if (state.kept) take({ type: state.type, value });
    }
    return bytes.subarray(piece.length);
  }
}

/** A variable-length integer and where it ends; values above 2^53-1 saturate. */
function wideVarint(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const length = 1 << (first >> 6);
  if (at + length > bytes.length) return undefined;
  let value = first & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] as number);
  return { value: Math.min(value, Number.MAX_SAFE_INTEGER), end: at + length };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
