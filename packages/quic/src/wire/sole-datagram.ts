/** DATAGRAM, to the end of the packet or with its length. RFC 9221 §4 */
const DATAGRAM = 0x30;
const DATAGRAM_LENGTH = 0x31;
/** A length of two octets, as nearly all datagrams have. */
const TWO_OCTETS = 0x40;

/**
 * Where the data of a packet begins that holds one DATAGRAM frame and nothing else, by its plaintext from `start` to `end`; it
 * goes to the end. -1 where there is anything else, or a length of other than two octets.
 */
export function soleDatagram(buffer: Uint8Array, start: number, end: number): number {
  if (end <= start) return -1;
  const type = buffer[start] as number;
  if (type === DATAGRAM) return start + 1;
  if (type !== DATAGRAM_LENGTH || end - start < 3) return -1;
  const high = buffer[start + 1] as number;
  if ((high & 0xc0) !== TWO_OCTETS) return -1;
  const length = ((high & 0x3f) << 8) | (buffer[start + 2] as number);
  return start + 3 + length === end ? start + 3 : -1;
}
