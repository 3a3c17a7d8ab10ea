import { varintLength, writeVarint } from '@mpquic/wire';
import { Http3StreamError } from './error-code.ts';
import { TlvParser } from './tlv-parser.ts';

/** Capsule types. RFC 9297 §3.5, RFC 9484 §4.7 */
export const CapsuleType = {
  datagram: 0x00,
  addressAssign: 0x01,
  addressRequest: 0x02,
  routeAdvertisement: 0x03,
  /**
   * REGISTER_SEQUENCE_CONTEXT of draft-ihlar-masque-datagram-numbers, which has no number yet: a value of
   * this testbed.
   */
  registerSequenceContext: 0x1ae7_cfe1,
} as const;
export type CapsuleType = (typeof CapsuleType)[keyof typeof CapsuleType];

/** A capsule of which the last part of the value, `tail`, may be long: no octet is copied twice. */
export function encodeCapsule(
  type: number,
  value: Uint8Array,
  tail: Uint8Array = NOTHING,
): Uint8Array {
  const length = value.length + tail.length;
  const capsule = new Uint8Array(varintLength(type) + varintLength(length) + length);
  const at = writeVarint(capsule, writeVarint(capsule, 0, type), length);
  capsule.set(value, at);
  capsule.set(tail, at + value.length);
  return capsule;
}

export interface CapsuleParserOptions {
  /** Types to be given out, each with the octets of the longest value that is taken. */
  readonly known: ReadonlyMap<number, number>;
  /** A capsule begins, known or not. It may throw. */
  readonly begins?: (type: number) => void;
  /** The value is a view; it stays unchanged. */
  readonly take: (type: number, value: Uint8Array) => void;
}

/**
 * Splits a data stream into capsules. Unknown ones are skipped without being kept, whatever length they
 * claim. RFC 9297 §3.2, §3.3
 */
export class CapsuleParser {
  readonly #parser: TlvParser;

  constructor({ known, begins, take }: CapsuleParserOptions) {
    this.#parser = new TlvParser({
      start(type, length) {
        begins?.(type);
        const maximum = known.get(type);
        if (maximum === undefined) return 'skip';
        if (length <= maximum) return 'whole';
        throw new Http3StreamError('H3_MESSAGE_ERROR', `a capsule of ${length} octets`);
      },
      value: take,
    });
  }

  /** Whether the stream may end here. RFC 9297 §3.3 */
  get betweenCapsules(): boolean {
    return this.#parser.betweenValues;
  }

  /** @throws {Http3StreamError} where a known capsule is too long */
  push(bytes: Uint8Array): void {
    this.#parser.push(bytes);
  }
}

const NOTHING = new Uint8Array();
