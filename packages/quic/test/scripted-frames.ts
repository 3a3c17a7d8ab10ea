import type { ClientHandshakeParameters, ServerHandshakeParameters } from '@mpquic/tls';
import type { Address, Ecn } from '@mpquic/wire';
import type { ClientConfig, ServerConfig } from '../src/connection-config.ts';
import type { PacketLevel } from '../src/contract.ts';
import type { Frame, FrameOf } from '../src/wire/frames.ts';
import type { TransportParameters } from '../src/wire/transport-parameters.ts';
import type { QuicVersion } from '../src/wire/versions.ts';

/** A frame that the connection under test sent. */
export interface SeenFrame {
  readonly level: PacketLevel;
  readonly pathId: number;
  readonly packetNumber: number;
  readonly local: Address | undefined;
  readonly remote: Address | undefined;
  /** Destination Connection ID of its packet, in hexadecimal. */
  readonly destination: string;
  /** Octets of its datagram. */
  readonly datagramLength: number;
  readonly frame: Frame;
}

export interface PeerOptions {
  /** What the peer declares, beside what is needed for a handshake. */
  readonly parameters?: Partial<TransportParameters>;
  readonly client?: Partial<ClientConfig>;
  readonly server?: Partial<ServerConfig>;
  /** What the peer's TLS does otherwise. */
  readonly tls?: Partial<ClientHandshakeParameters & ServerHandshakeParameters>;
  /** Length of the peer's own connection ID. */
  readonly sourceLength?: number;
  /** Of its first packets; v1 when absent. */
  readonly version?: QuicVersion;
  /** Of its Handshake and 1-RTT packets; the same when absent. */
  readonly turnsTo?: QuicVersion;
}

/** How one packet is made. */
export interface PacketOptions {
  readonly level?: PacketLevel;
  readonly pathId?: number;
  readonly packetNumber?: number;
  readonly from?: Address;
  readonly to?: Address;
  /** Octets of the whole datagram, by PADDING. */
  readonly padTo?: number;
  /** Set in the first octet before protection. */
  readonly firstOctetBits?: number;
  readonly destination?: Uint8Array;
  readonly source?: Uint8Array;
  readonly token?: Uint8Array;
  readonly ecn?: Ecn;
  /** Octets in front of the frames. */
  readonly content?: Uint8Array;
}

export function cryptoFrame(data: Uint8Array, offset = 0): FrameOf<'crypto'> {
  return { type: 'crypto', offset, source: data, dataStart: 0, dataEnd: data.length };
}

export function streamFrame(
  streamId: number,
  data: Uint8Array,
  offset = 0,
  fin = false,
): FrameOf<'stream'> {
  return {
    type: 'stream',
    streamId,
    offset,
    fin,
    source: data,
    dataStart: 0,
    dataEnd: data.length,
  };
}

export function ackFrame(...ranges: readonly number[]): FrameOf<'ack'> {
  const fields = { ackDelay: 0, rangeCount: ranges.length / 2, ranges: new Float64Array(ranges) };
  return { type: 'ack', ...fields, ecn: undefined };
}

export function pathAckFrame(pathId: number, ...ranges: readonly number[]): FrameOf<'path_ack'> {
  return { ...ackFrame(...ranges), type: 'path_ack', pathId };
}

/** Highest range first, each as first and last number. */
export function descendingRanges(numbers: number[]): Float64Array {
  numbers.sort((a, b) => b - a);
  const ranges: number[] = [];
  for (const number of numbers) {
    if (ranges.length > 0 && ranges[ranges.length - 2] === number + 1) {
      ranges[ranges.length - 2] = number;
    } else {
      ranges.push(number, number);
    }
  }
  return new Float64Array(ranges);
}
