import { type ByteReader, type ByteWriter, UnexpectedEnd } from '@mpquic/wire';
import { decodeHuffman, encodeHuffman, huffmanLength } from './huffman.ts';

/** A QPACK integer or string that no endpoint should send. */
export class QpackSyntaxError extends Error {
  readonly code = 'QPACK_SYNTAX';
  override readonly name = 'QpackSyntaxError';
}

/** A string that is longer than this side takes. */
export class StringTooLong extends Error {
  readonly code = 'QPACK_STRING_TOO_LONG';
  override readonly name = 'StringTooLong';
}

/** Integers are read up to 2^53-1, far above every limit here. RFC 9204 §4.1.1 asks for 62 bits. */
const MAX_CONTINUATION_OCTETS = 8;

/**
 * An integer whose first octet keeps its upper bits for other things. RFC 9204 §4.1.1
 * @param prefixBits how many bits of the first octet belong to it, 1 to 8
 */
export function readPrefixedInteger(reader: ByteReader, prefixBits: number): number {
  const limit = 2 ** prefixBits - 1;
  let value = reader.uint8() & limit;
  if (value < limit) return value;
  let scale = 1;
  for (let i = 0; i < MAX_CONTINUATION_OCTETS; i++) {
    const octet = reader.uint8();
    value += (octet & 0x7f) * scale;
    if (value > Number.MAX_SAFE_INTEGER) break;
    if (octet < 0x80) return value;
    scale *= 128;
  }
  throw new QpackSyntaxError('an integer is too large');
}

/** @param flags the bits of the first octet above the prefix */
export function writePrefixedInteger(
  writer: ByteWriter,
  flags: number,
  prefixBits: number,
  value: number,
): void {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) {
    writer.uint8(flags | value);
    return;
  }
  writer.uint8(flags | limit);
  let rest = value - limit;
  while (rest >= 128) {
    writer.uint8((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  writer.uint8(rest);
}

/**
 * A string literal: the Huffman flag stands above the length's prefix. RFC 9204 §4.1.2
 * @param maxLength octets of the decoded string that are accepted
 * @throws {StringTooLong} where it is longer
 */
export function readString(reader: ByteReader, prefixBits: number, maxLength: number): string {
  const huffman = (reader.peek() & (1 << prefixBits)) !== 0;
  const length = readPrefixedInteger(reader, prefixBits);
  // A Huffman code has at most 30 bits.
  if (length > (huffman ? 4 * maxLength : maxLength)) throw new StringTooLong('a long string');
  if (length > reader.remaining) throw new UnexpectedEnd('a string is cut short');
  const octets = huffman ? decodeHuffman(reader.bytes(length)) : reader.bytes(length);
  if (octets.length > maxLength) throw new StringTooLong('a long string');
  return latin1(octets);
}

/** Huffman coded where that is shorter. */
export function writeString(
  writer: ByteWriter,
  flags: number,
  prefixBits: number,
  text: string,
): void {
  const octets = Uint8Array.from(text, (character) => character.charCodeAt(0));
  if (huffmanLength(octets) < octets.length) {
    const encoded = encodeHuffman(octets);
    writePrefixedInteger(writer, flags | (1 << prefixBits), prefixBits, encoded.length);
    writer.bytes(encoded);
  } else {
    writePrefixedInteger(writer, flags, prefixBits, octets.length);
    writer.bytes(octets);
  }
}

/** Field names and values are octets; each becomes one character. RFC 9110 §5.5 */
function latin1(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
