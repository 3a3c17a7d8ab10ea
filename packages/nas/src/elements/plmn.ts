import { type ByteReader, type ByteWriter, UsageError } from '@mpquic/wire';
import type { ValueCodec } from '../codec/value.ts';
import { MalformedValue } from '../errors.ts';

/** A public land mobile network. */
export interface Plmn {
  /** Three digits. */
  readonly mcc: string;
  /** Two or three digits. */
  readonly mnc: string;
}

/** Three octets of swapped digits; the third MNC digit is 0xf where there is none. TS 24.501 §9.11.3.4 */
export const plmn: ValueCodec<Plmn> = {
  read(reader) {
    const first = reader.uint8();
    const second = reader.uint8();
    const third = reader.uint8();
    const mcc = digits(first & 0x0f, first >>> 4, second & 0x0f);
    const mnc3 = second >>> 4;
    const mnc = digits(third & 0x0f, third >>> 4, ...(mnc3 === 0x0f ? [] : [mnc3]));
    return { mcc, mnc };
  },
  write(writer, { mcc, mnc }) {
    if (!/^\d{3}$/.test(mcc) || !/^\d{2,3}$/.test(mnc)) {
      throw new UsageError(`"${mcc}-${mnc}" is no PLMN: three digits, then two or three`);
    }
    const m = (digit: string | undefined) => (digit === undefined ? 0x0f : Number(digit));
    writer.uint8((m(mcc[1]) << 4) | m(mcc[0]));
    writer.uint8((m(mnc[2]) << 4) | m(mcc[2]));
    writer.uint8((m(mnc[1]) << 4) | m(mnc[0]));
  },
};

function digits(...nibbles: readonly number[]): string {
  if (nibbles.some((value) => value > 9)) throw new MalformedValue('a PLMN digit above 9');
  return nibbles.join('');
}

/** Digits in swapped half octets up to the end or a filler 0xf. */
export function readSwappedDigits(reader: ByteReader): string {
  let text = '';
  while (reader.remaining > 0) {
    const octet = reader.uint8();
    for (const digit of [octet & 0x0f, octet >>> 4]) {
      if (digit === 0x0f) return text;
      if (digit > 9) throw new MalformedValue('a digit above 9');
      text += digit;
    }
  }
  return text;
}

/** Digits in swapped half octets, an odd number filled with 0xf. */
export function writeSwappedDigits(writer: ByteWriter, text: string): void {
  if (!/^\d*$/.test(text)) throw new UsageError('a number holds more than digits');
  for (let i = 0; i < text.length; i += 2) {
    const high = i + 1 < text.length ? Number(text[i + 1]) : 0x0f;
    writer.uint8((high << 4) | Number(text[i]));
  }
}
