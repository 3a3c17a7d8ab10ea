import { AEAD_TAG_LENGTH, type PacketOpener } from '@mpquic/crypto';
import { TransportError } from '../transport-error.ts';
import type { PacketHeader } from '../wire/packet-header.ts';
import {
  decodePacketNumber,
  type PacketNumberLength,
  readPacketNumber,
} from '../wire/packet-number.ts';

const LONG_HEADER_BIT = 0x80;
const LONG_RESERVED_BITS = 0x0c;
const SHORT_RESERVED_BITS = 0x18;

/** A packet without its protection; filled in, and reused. */
export interface OpenedPacket {
  packetNumber: number;
  /** Where the frames stand: octets `payloadStart` up to `payloadEnd` of `buffer`. */
  buffer: Uint8Array;
  payloadStart: number;
  payloadEnd: number;
  /** Whether views of `buffer` may be kept beyond the datagram. */
  isOwned: boolean;
  /** 1-RTT: how many key updates came before the keys that opened it. */
  generation: number;
  /** 1-RTT: whether it is the first one of a key update by the peer. */
  keysUpdated: boolean;
}

export function createOpenedPacket(): OpenedPacket {
  return {
    packetNumber: 0,
    buffer: new Uint8Array(),
    payloadStart: 0,
    payloadEnd: 0,
    isOwned: false,
    generation: 0,
    keysUpdated: false,
  };
}

/**
 * Removes header protection, in place, and decodes the packet number. Returns the length of the
 * packet number. RFC 9001 §5.4, RFC 9000 §A.3
 * @param largestReceived in the packet's space, that is on its path; -1 where none
 */
export function unmaskPacket(
  opener: PacketOpener,
  header: PacketHeader,
  largestReceived: number,
  into: OpenedPacket,
): PacketNumberLength {
  const { buffer, start, packetNumberOffset } = header;
  opener.unmask(buffer, start, packetNumberOffset);
  const length = (((buffer[start] as number) & 0x03) + 1) as PacketNumberLength;
  const truncated = readPacketNumber(buffer, packetNumberOffset, length);
  into.packetNumber = decodePacketNumber(truncated, length, largestReceived);
  return length;
}

/**
 * Decrypts an unmasked packet; false where authentication fails.
 * @throws {TransportError} PROTOCOL_VIOLATION where reserved bits are set (RFC 9000 §17.2, §17.3.1)
 */
export function decryptPacket(
  opener: PacketOpener,
  header: PacketHeader,
  numberLength: PacketNumberLength,
  pathId: number,
  into: OpenedPacket,
): boolean {
  const { buffer, start } = header;
  const headerLength = header.packetNumberOffset - start + numberLength;
  const packetLength = header.end - start;
  if (packetLength < headerLength + AEAD_TAG_LENGTH) return false;
  const length = opener.open(buffer, start, headerLength, packetLength, pathId, into.packetNumber);
  if (length < 0) return false;
  into.buffer = opener.output;
  into.payloadStart = opener.outputOffset;
  into.payloadEnd = opener.outputOffset + length;
  into.isOwned = opener.outputIsOwned;
  const first = buffer[start] as number;
  const reserved = (first & LONG_HEADER_BIT) === 0 ? SHORT_RESERVED_BITS : LONG_RESERVED_BITS;
  if ((first & reserved) !== 0) {
    throw new TransportError('PROTOCOL_VIOLATION', 'reserved header bits are set');
  }
  return true;
}
