import { ByteReader, UnexpectedEnd } from '@mpquic/wire';

/** One element of a DER encoding. ITU-T X.690 §8.1 */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const DerTag = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  /** The context-specific, constructed tag 3, of a certificate's extensions. */
  explicit3: 0xa3,
} as const;

/** The elements that stand one behind the other. @throws {UnexpectedEnd} where they do not fill `bytes` */
export function readDer(bytes: Uint8Array): DerElement[] {
  const reader = new ByteReader(bytes);
  const elements: DerElement[] = [];
  while (reader.remaining > 0) {
    const tag = reader.uint8();
    elements.push({ tag, content: reader.bytes(readLength(reader)) });
  }
  return elements;
}

function readLength(reader: ByteReader): number {
  const first = reader.uint8();
  if (first < 0x80) return first;
  const octets = first & 0x7f;
  if (octets < 1 || octets > 3) throw new UnexpectedEnd('a DER length out of range');
  let length = 0;
  for (let i = 0; i < octets; i++) length = length * 256 + reader.uint8();
  return length;
}

/** In its dotted form. ITU-T X.690 §8.19 */
export function objectIdentifier(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (octet & 0x80) continue;
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40));
      arcs.push(root, arc - 40 * root);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}
