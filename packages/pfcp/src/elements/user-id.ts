import { type ByteWriter, fromUtf8, utf8 } from '@mpquic/wire';
import type { Ie } from '../codec/ie.ts';
import { MalformedIe } from '../errors.ts';

/** Who the session belongs to. TS 29.244 §8.2.101 */
export interface UserId {
  /** Digits. */
  readonly imsi?: string;
  /** Digits. */
  readonly imei?: string;
  /** Digits. */
  readonly msisdn?: string;
  readonly nai?: string;
  /** `imsi-...` or `nai-...`. */
  readonly supi?: string;
  readonly gpsi?: string;
  readonly pei?: string;
}

/** The fields in the order of their flag bits; the first three are digits in swapped half octets. */
const FIELDS = ['imsi', 'imei', 'msisdn', 'nai', 'supi', 'gpsi', 'pei'] as const;
const DIGIT_FIELDS = 3;

export const userId: Ie<UserId> = {
  type: 141,
  name: 'User ID',
  read(reader) {
    const flags = reader.uint8();
    const found: { -readonly [K in keyof UserId]: UserId[K] } = {};
    for (const [bit, field] of FIELDS.entries()) {
      if ((flags & (1 << bit)) === 0) continue;
      const octets = reader.bytes(reader.uint8());
      found[field] = bit < DIGIT_FIELDS ? readDigits(octets) : fromUtf8(octets);
    }
    return found;
  },
  write(writer, value) {
    writer.uint8(
      FIELDS.reduce((flags, name, bit) => flags | (value[name] === undefined ? 0 : 1 << bit), 0),
    );
    for (const [bit, field] of FIELDS.entries()) {
      const text = value[field];
      if (text === undefined) continue;
      writer.vector(1, (body) => {
        if (bit < DIGIT_FIELDS) writeDigits(body, text);
        else body.bytes(utf8(text));
      });
    }
  },
};

function readDigits(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    for (const digit of [octet & 0x0f, octet >>> 4]) {
      if (digit === 0x0f) return text;
      if (digit > 9) throw new MalformedIe('a digit above 9');
      text += digit;
    }
  }
  return text;
}

function writeDigits(writer: ByteWriter, text: string): void {
  for (let i = 0; i < text.length; i += 2) {
    const high = i + 1 < text.length ? Number(text[i + 1]) : 0x0f;
    writer.uint8((high << 4) | Number(text[i]));
  }
}
