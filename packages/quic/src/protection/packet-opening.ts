import { AEAD_TAG_LENGTH, OTHER_KEY_PHASE, type PacketOpener } from '@mpquic/crypto';
import type { DatagramRun } from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';
import type { PacketHeader } from '../wire/packet-header.ts';
import {
  decodePacketNumber,
  type PacketNumberLength,
  readPacketNumber,
} from '../wire/packet-number.ts';
import type { OpenedRun } from './opened-run.ts';

const LONG_HEADER_BIT = 0x80;
const LONG_RESERVED_BITS = 0x0c;
/** Of the first octet of a 1-RTT packet. RFC 9000 §17.3.1 */
export const SHORT_RESERVED_BITS = 0x18;
const KEY_PHASE_BIT = 0x04;

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
  opener.unmask(header.buffer, header.start, header.packetNumberOffset);
  return takePacketNumber(header, largestReceived, into);
}

/** Of a header that is unmasked. */
function takePacketNumber(
  header: PacketHeader,
  largestReceived: number,
  into: OpenedPacket,
): PacketNumberLength {
  const { buffer, packetNumberOffset } = header;
  const length = numberLengthOf(header);
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
  const { output, outputOffset, outputIsOwned } = opener;
  takePlaintext(header, length, output, outputOffset, outputIsOwned, into);
  return true;
}

/** What came of a 1-RTT packet. */
export type ShortPacketOutcome = 'opened' | 'forged' | 'other_key_phase';

/** Where a packet that was opened together with others is found. */
export interface PacketInRun {
  readonly opened: OpenedRun;
  run: DatagramRun | undefined;
}

/**
 * Removes all protection of a 1-RTT packet, unless its Key Phase bit is not `keyPhase`: then that of its header alone.
 * @throws {TransportError} as {@link decryptPacket}
 */
export function openShortPacket(
  opener: PacketOpener,
  header: PacketHeader,
  pathId: number,
  largestReceived: number,
  keyPhase: 0 | 1,
  into: OpenedPacket,
  inRun?: PacketInRun,
): ShortPacketOutcome {
  const { buffer, start, end, packetNumberOffset } = header;
  const run = start === 0 && end === buffer.length ? inRun?.run : undefined;
  if (inRun !== undefined && run !== undefined && opener.openRun !== undefined) {
    const { opened } = inRun;
    const { destinationLength } = header;
    const index = opened.find(opener, run, destinationLength, pathId, largestReceived, keyPhase);
    if (index >= 0) {
      const length = opened.lengthOf(index);
      // The plaintext is named by its place in the whole buffer, which is the same object for every packet.
      const plaintext = run.at + end - AEAD_TAG_LENGTH - length;
      into.packetNumber = opened.numberOf(index);
      return takeShort(header, length, run.buffer, plaintext, false, into);
    }
  }
  if (opener.openShort === undefined) {
    const numberLength = unmaskPacket(opener, header, largestReceived, into);
    if (keyPhaseOf(header) !== keyPhase) return 'other_key_phase';
    return decryptPacket(opener, header, numberLength, pathId, into) ? 'opened' : 'forged';
  }
  const length = opener.openShort(
    buffer,
    start,
    packetNumberOffset,
    end - start,
    pathId,
    largestReceived,
    keyPhase,
  );
  takePacketNumber(header, largestReceived, into);
  const { output, outputOffset, outputIsOwned } = opener;
  return takeShort(header, length, output, outputOffset, outputIsOwned, into);
}

/** `length` of the plaintext, or why there is none. */
function takeShort(
  header: PacketHeader,
  length: number,
  output: Uint8Array,
  offset: number,
  isOwned: boolean,
  into: OpenedPacket,
): ShortPacketOutcome {
  if (length === OTHER_KEY_PHASE) return 'other_key_phase';
  if (length < 0) return 'forged';
  takePlaintext(header, length, output, offset, isOwned, into);
  return 'opened';
}

/** The Key Phase bit of a 1-RTT header that is unmasked. RFC 9001 §5.4.1 */
function keyPhaseOf(header: PacketHeader): 0 | 1 {
  return ((header.buffer[header.start] as number) & KEY_PHASE_BIT) === 0 ? 0 : 1;
}

/** How many octets the packet number has in a header that is unmasked. */
export function numberLengthOf(header: PacketHeader): PacketNumberLength {
  return (((header.buffer[header.start] as number) & 0x03) + 1) as PacketNumberLength;
}

function takePlaintext(
  header: PacketHeader,
  length: number,
  output: Uint8Array,
  offset: number,
  isOwned: boolean,
  into: OpenedPacket,
): void {
  into.buffer = output;
  into.payloadStart = offset;
  into.payloadEnd = offset + length;
  into.isOwned = isOwned;
  const first = header.buffer[header.start] as number;
  const reserved = (first & LONG_HEADER_BIT) === 0 ? SHORT_RESERVED_BITS : LONG_RESERVED_BITS;
  if ((first & reserved) !== 0) {
    throw new TransportError('PROTOCOL_VIOLATION', 'reserved header bits are set');
  }
}
