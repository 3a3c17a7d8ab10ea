import { UsageError } from './errors.ts';

const DIGITS = /^(?:[0-9a-f]{2})*$/i;

/** The bytes written as `text`; white space is ignored. @throws {UsageError} on anything else. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '');
  if (!DIGITS.test(digits)) throw new UsageError('not a hexadecimal byte string');
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

const OCTETS: readonly string[] = Array.from({ length: 256 }, (_, i) =>
  i.toString(16).padStart(2, '0'),
);

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += OCTETS[bytes[i] as number];
  return text;
}
