import { plainOctets, readUint32, readVarint, UnexpectedEnd, VarintTooLarge } from '@mpquic/wire';
import type { PacketLevel } from '../contract.ts';
import type { Mutable } from './mutable.ts';
import { type QuicVersion, quicVersion } from './versions.ts';

/** Octets of the Retry Integrity Tag. RFC 9001 §5.8 */
export const RETRY_TAG_LENGTH = 16;

/** Packets with an encryption level, and those without. */
export type PacketType = PacketLevel | 'retry' | 'version_negotiation' | 'unsupported_version';

/**
 * What stands unprotected at the head of one packet of a datagram. Octets are named by their offsets
 * in `buffer`; nothing is copied.
 */
export interface PacketHeader {
  readonly type: PacketType;
  readonly buffer: Uint8Array;
  readonly start: number;
  /** Behind the packet's last octet. */
  readonly end: number;
  /** 0 in version negotiation; that of the connection is not told by a 1-RTT packet: 0. */
  readonly versionNumber: number;
  /** Undefined where `versionNumber` names none that this endpoint speaks. */
  readonly version: QuicVersion | undefined;
  readonly destinationStart: number;
  readonly destinationLength: number;
  /** 0 octets in 1-RTT packets. */
  readonly sourceStart: number;
  readonly sourceLength: number;
  /** Initial: its token. Retry: its token, in front of the integrity tag. */
  readonly tokenStart: number;
  readonly tokenLength: number;
  /** Of the protected packet number; of the rest where there is none. */
  readonly packetNumberOffset: number;
}

/** Why a packet, and with it the rest of its datagram, cannot be read. Labels of a counter. */
export type HeaderProblem =
  | 'header_truncated'
  | 'fixed_bit_zero'
  | 'connection_id_too_long'
  | 'length_exceeds_datagram'
  | 'too_short_for_sample'
  | 'connection_id_mismatch';

/** Takes datagrams apart into packets (RFC 9000 §12.2), without allocation and without throwing. */
export class DatagramReader {
  readonly #header: Mutable<PacketHeader> = {
    type: 'application',
    buffer: NO_BYTES,
    start: 0,
    end: 0,
    versionNumber: 0,
    version: undefined,
    destinationStart: 0,
    destinationLength: 0,
    sourceStart: 0,
    sourceLength: 0,
    tokenStart: 0,
    tokenLength: 0,
    packetNumberOffset: 0,
  };
  #buffer: Uint8Array = NO_BYTES;
  #at = 0;
  #end = 0;
  #shortDestinationLength = 0;
  #firstDestinationStart = -1;
  #firstDestinationLength = 0;
  #problem: HeaderProblem | undefined;

  /** Starts on octets `start` up to `end`; 1-RTT packets have connection IDs of the length given. */
  begin(buffer: Uint8Array, start: number, end: number, shortDestinationLength: number): void {
    this.#buffer = plainOctets(buffer);
    this.#at = start;
    this.#end = end;
    this.#shortDestinationLength = shortDestinationLength;
    this.#firstDestinationStart = -1;
    this.#problem = undefined;
  }

  /** Why {@link next} stopped before the end of the datagram. */
  get problem(): HeaderProblem | undefined {
    return this.#problem;
  }

  /** Octets behind the last packet that {@link next} returned. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  /**
   * The next packet's header, which is overwritten by the call after; undefined behind the last, or
   * where the rest is no packet of the same connection ID ({@link problem}).
   */
  next(): PacketHeader | undefined {
    if (this.#at >= this.#end || this.#problem) return undefined;
    this.#problem = this.#read();
    if (this.#problem) return undefined;
    this.#at = this.#header.end;
    return this.#header;
  }

  #read(): HeaderProblem | undefined {
    const header = this.#header;
    header.buffer = this.#buffer;
    header.start = this.#at;
    header.end = this.#end;
    header.sourceLength = 0;
    header.tokenLength = 0;
    header.versionNumber = 0;
    header.version = undefined;
    const isLong = ((this.#buffer[this.#at] as number) & 0x80) !== 0;
    const problem = isLong ? this.#readLong(header) : this.#readShort(header);
    return problem ?? this.#checkDestination(header);
  }

  #readShort(header: Mutable<PacketHeader>): HeaderProblem | undefined {
    if (((this.#buffer[this.#at] as number) & FIXED_BIT) === 0) return 'fixed_bit_zero';
    header.type = 'application';
    header.destinationStart = this.#at + 1;
    header.destinationLength = this.#shortDestinationLength;
    header.packetNumberOffset = header.destinationStart + header.destinationLength;
    return this.#checkSample(header);
  }

  /** First the part that no version changes. RFC 8999 §5.1 */
  #readLong(header: Mutable<PacketHeader>): HeaderProblem | undefined {
    const buffer = this.#buffer;
    const destination = this.#at + 6;
    if (destination > this.#end) return 'header_truncated';
    header.versionNumber = readUint32(buffer, this.#at + 1);
    header.destinationStart = destination;
    header.destinationLength = buffer[destination - 1] as number;
    const source = destination + header.destinationLength + 1;
    if (source > this.#end) return 'header_truncated';
    header.sourceStart = source;
    header.sourceLength = buffer[source - 1] as number;
    header.packetNumberOffset = source + header.sourceLength;
    if (header.packetNumberOffset > this.#end) return 'header_truncated';
    if (header.versionNumber === 0) {
      header.type = 'version_negotiation';
      return undefined;
    }
    header.version = quicVersion(header.versionNumber);
    if (!header.version) {
      header.type = 'unsupported_version';
      return undefined;
    }
    return this.#readVersioned(header, header.version);
  }

  /** RFC 9000 §17.2 */
  #readVersioned(header: Mutable<PacketHeader>, version: QuicVersion): HeaderProblem | undefined {
    const first = this.#buffer[this.#at] as number;
    if ((first & FIXED_BIT) === 0) return 'fixed_bit_zero';
    if (header.destinationLength > 20 || header.sourceLength > 20) return 'connection_id_too_long';
    header.type = version.longTypes[(first >> 4) & 3] as PacketType;
    if (header.type === 'retry') return this.#readRetry(header);
    try {
      if (header.type === 'initial') this.#readToken(header);
      const length = this.#varint(header);
      header.end = header.packetNumberOffset + length;
    } catch (error) {
      if (error instanceof UnexpectedEnd) return 'header_truncated';
      if (error instanceof VarintTooLarge) return 'length_exceeds_datagram';
      throw error;
    }
    return header.end > this.#end ? 'length_exceeds_datagram' : this.#checkSample(header);
  }

  #readToken(header: Mutable<PacketHeader>): void {
    header.tokenLength = this.#varint(header);
    header.tokenStart = header.packetNumberOffset;
    header.packetNumberOffset += header.tokenLength;
  }

  #varint(header: Mutable<PacketHeader>): number {
    const at = header.packetNumberOffset;
    const value = readVarint(this.#buffer, at, this.#end);
    header.packetNumberOffset = at + (1 << ((this.#buffer[at] as number) >> 6));
    return value;
  }

  /** RFC 9000 §17.2.5 */
  #readRetry(header: Mutable<PacketHeader>): HeaderProblem | undefined {
    header.tokenStart = header.packetNumberOffset;
    header.tokenLength = this.#end - header.tokenStart - RETRY_TAG_LENGTH;
    return header.tokenLength < 0 ? 'header_truncated' : undefined;
  }

  /** RFC 9001 §5.4.2: a packet too short for a sample is discarded. */
  #checkSample(header: PacketHeader): HeaderProblem | undefined {
    return header.end - header.packetNumberOffset < 4 + SAMPLE_LENGTH
      ? 'too_short_for_sample'
      : undefined;
  }

  /** RFC 9000 §12.2: coalesced packets have one destination connection ID. */
  #checkDestination(header: PacketHeader): HeaderProblem | undefined {
    const { destinationStart, destinationLength } = header;
    if (this.#firstDestinationStart < 0) {
      this.#firstDestinationStart = destinationStart;
      this.#firstDestinationLength = destinationLength;
      return undefined;
    }
    if (destinationLength !== this.#firstDestinationLength) return 'connection_id_mismatch';
    for (let i = 0; i < destinationLength; i++) {
      const octet = this.#buffer[this.#firstDestinationStart + i];
      if (this.#buffer[destinationStart + i] !== octet) return 'connection_id_mismatch';
    }
    return undefined;
  }
}

export function destinationConnectionId(header: PacketHeader): Uint8Array {
  const { buffer, destinationStart, destinationLength } = header;
  return buffer.subarray(destinationStart, destinationStart + destinationLength);
}

export function sourceConnectionId(header: PacketHeader): Uint8Array {
  return header.buffer.subarray(header.sourceStart, header.sourceStart + header.sourceLength);
}

/** Whether its Destination Connection ID is `id`. */
export function isSentTo(
  { buffer, destinationStart, destinationLength }: PacketHeader,
  id: Uint8Array,
): boolean {
  return holds(buffer, destinationStart, destinationLength, id);
}

/** Whether its Source Connection ID is `id`. */
export function isSentFrom(
  { buffer, sourceStart, sourceLength }: PacketHeader,
  id: Uint8Array,
): boolean {
  return holds(buffer, sourceStart, sourceLength, id);
}

function holds(buffer: Uint8Array, start: number, length: number, id: Uint8Array): boolean {
  if (length !== id.length) return false;
  for (let i = 0; i < length; i++) if (buffer[start + i] !== id[i]) return false;
  return true;
}

/** The token of an Initial or a Retry packet. */
export function headerToken(header: PacketHeader): Uint8Array {
  if (header.tokenLength === 0) return NO_BYTES;
  return header.buffer.subarray(header.tokenStart, header.tokenStart + header.tokenLength);
}

const NO_BYTES = new Uint8Array();
const FIXED_BIT = 0x40;
const SAMPLE_LENGTH = 16;
