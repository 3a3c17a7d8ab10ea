import { concatBytes, readUint32 } from '@mpquic/wire';

/** What becomes of a value: dropped, collected and given whole, or given in pieces as they come. */
export type ValueHandling = 'skip' | 'whole' | 'pieces';

export interface TlvReceiver {
  /** Says what becomes of a value whose type and length are known. It may throw. */
  start(type: number, length: number): ValueHandling;
  /** A value, or a piece of one: a view of the octets that were pushed, or a copy. */
  value(type: number, value: Uint8Array): void;
}

/**
 * Splits a stream into type, length and value, however it is cut: the shape of HTTP/3 frames
 * (RFC 9114 §7.1) and of capsules (RFC 9297 §3.2). Types and lengths above 2^53-1 saturate: nothing of that
 * size is known or kept. What is skipped is never held.
 */
export class TlvParser {
  readonly #receiver: TlvReceiver;
  #partialHeader: Uint8Array = NOTHING;
  #handling: ValueHandling = 'skip';
  #type = 0;
  /** Octets of the value that are still to come. */
  #left = 0;
  /** The value so far, where it is collected over several pushes. */
  #collected: Uint8Array | undefined;

  constructor(receiver: TlvReceiver) {
    this.#receiver = receiver;
  }

  /** Whether the stream may end here. */
  get betweenValues(): boolean {
    return this.#left === 0 && this.#partialHeader.length === 0;
  }

  /** @throws whatever the receiver throws; the parser is of no use afterwards */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      at = this.#left > 0 ? this.#value(bytes, at) : this.#header(bytes, at);
    }
  }

  /** Returns where the value begins. */
  #header(bytes: Uint8Array, at: number): number {
    const held = this.#partialHeader.length;
    const source =
      held === 0 ? bytes : concatBytes(this.#partialHeader, bytes.subarray(at, at + 16));
    const start = held === 0 ? at : 0;
    const lengthAt = start + integerLength(source, start);
    const end = lengthAt + integerLength(source, lengthAt);
    if (end > source.length) {
      this.#partialHeader = source.slice(start);
      return bytes.length;
    }
    this.#partialHeader = NOTHING;
    this.#type = saturatingInteger(source, start);
    this.#left = saturatingInteger(source, lengthAt);
    this.#handling = this.#receiver.start(this.#type, this.#left);
    if (this.#left === 0 && this.#handling !== 'skip') this.#receiver.value(this.#type, NOTHING);
    return held === 0 ? end : at + end - held;
  }

  #value(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    if (this.#handling === 'pieces') this.#receiver.value(this.#type, bytes.subarray(at, end));
    else if (this.#handling === 'whole') this.#collect(bytes.subarray(at, end));
    return end;
  }

  #collect(piece: Uint8Array): void {
    if (this.#collected === undefined && this.#left === 0) {
      this.#receiver.value(this.#type, piece);
      return;
    }
    this.#collected ??= new Uint8Array(piece.length + this.#left);
    this.#collected.set(piece, this.#collected.length - this.#left - piece.length);
    if (this.#left > 0) return;
    const value = this.#collected;
    this.#collected = undefined;
    this.#receiver.value(this.#type, value);
  }
}

const NOTHING = new Uint8Array();

/** Octets of the integer at `at`; 1 where not even its first is there. RFC 9000 §16 */
function integerLength(bytes: Uint8Array, at: number): number {
  return 1 << ((bytes[at] ?? 0) >> 6);
}

function saturatingInteger(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const length = 1 << (first >> 6);
  if (length === 8) {
    const high = readUint32(bytes, at) & 0x3fffffff;
    if (high >= 2 ** 21) return Number.MAX_SAFE_INTEGER;
    return high * 2 ** 32 + readUint32(bytes, at + 4);
  }
  let value = first & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] as number);
  return value;
}
