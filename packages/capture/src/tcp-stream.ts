import { type Address, formatAddress, formatIp, readUint32, writeUint32 } from '@mpquic/wire';
import type { CapturedPacket } from './capture.ts';
import {
  encodeIpPacket,
  foldChecksum,
  ipPacket,
  readUint16,
  sumWords,
  writeUint16,
} from './ip-packet.ts';

const TCP = 6;
const TCP_HEADER = 20;
const WINDOW = 0xffff;
const MAX_SEGMENT = 16_384;
const FLAG = { syn: 0x02, push: 0x08, ack: 0x10 } as const;

/** A TCP segment out of a capture; its payload is a view. */
export interface TcpSegment {
  readonly source: Address;
  readonly destination: Address;
  readonly sequence: number;
  /** Empty in a segment that carries none. */
  readonly payload: Uint8Array;
}

/** The TCP segment in a captured packet. Undefined for anything else, and for fragments. RFC 9293 §3.1 */
export function tcpSegment(packet: CapturedPacket): TcpSegment | undefined {
  const ip = ipPacket(packet);
  if (ip?.protocol !== TCP || ip.payload.length < TCP_HEADER) return undefined;
  const tcp = ip.payload;
  const headerLength = ((tcp[12] as number) >> 4) * 4;
  if (headerLength < TCP_HEADER || headerLength > tcp.length) return undefined;
  return {
    source: { host: formatIp(ip.source), port: readUint16(tcp, 0) },
    destination: { host: formatIp(ip.destination), port: readUint16(tcp, 2) },
    sequence: readUint32(tcp, 4),
    payload: tcp.subarray(headerLength),
  };
}

/** One direction of a connection: the sequence number of its next octet. */
interface Direction {
  next: number;
}

/**
 * Makes IP packets of octets that were seen above TCP, so that a capture shows the connections which
 * carried them: a handshake where a pair of addresses is new, then segments with rising sequence
 * numbers. Loss, timing and acknowledgements of the real connection are not in it. RFC 9293 §3
 */
export class TcpStreams {
  readonly #directions = new Map<string, Direction>();

  /** The packets for octets from `source` to `destination`, for link type `raw`. */
  packets(source: Address, destination: Address, payload: Uint8Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    const forward = this.#direction(source, destination);
    const backward = this.#direction(destination, source);
    if (forward.next === 0 && backward.next === 0) {
      packets.push(...handshake(source, destination, forward, backward));
    }
    for (let at = 0; at < payload.length; at += MAX_SEGMENT) {
      const part = payload.subarray(at, at + MAX_SEGMENT);
      const flags = FLAG.push | FLAG.ack;
      packets.push(segment(source, destination, forward.next, backward.next, flags, part));
      forward.next = (forward.next + part.length) >>> 0;
    }
    return packets;
  }

  #direction(source: Address, destination: Address): Direction {
    const name = `${formatAddress(source)} ${formatAddress(destination)}`;
    let direction = this.#directions.get(name);
    if (direction === undefined) {
      direction = { next: 0 };
      this.#directions.set(name, direction);
    }
    return direction;
  }
}

/** SYN, SYN and ACK, ACK; whoever sends first is taken for the client. */
function handshake(
  client: Address,
  server: Address,
  forward: Direction,
  backward: Direction,
): Uint8Array[] {
  const none = new Uint8Array();
  forward.next = 1;
  backward.next = 1;
  return [
    segment(client, server, 0, 0, FLAG.syn, none),
    segment(server, client, 0, 1, FLAG.syn | FLAG.ack, none),
    segment(client, server, 1, 1, FLAG.ack, none),
  ];
}

function segment(
  source: Address,
  destination: Address,
  sequence: number,
  acknowledged: number,
  flags: number,
  payload: Uint8Array,
): Uint8Array {
  const header = { source, destination, ecn: 0, protocol: TCP };
  return encodeIpPacket(header, TCP_HEADER + payload.length, (tcp, sum) => {
    writeUint16(tcp, 0, source.port);
    writeUint16(tcp, 2, destination.port);
    writeUint32(tcp, 4, sequence);
    writeUint32(tcp, 8, acknowledged);
    tcp[12] = (TCP_HEADER / 4) << 4;
    tcp[13] = flags;
    writeUint16(tcp, 14, WINDOW);
    tcp.set(payload, TCP_HEADER);
    writeUint16(tcp, 16, foldChecksum(sum + sumWords(tcp)));
  });
}
