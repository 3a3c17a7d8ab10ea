import { type Address, formatIp } from '@mpquic/wire';
import type { CapturedPacket } from './capture.ts';
import {
  encodeIpPacket,
  foldChecksum,
  type IpPacket,
  ipPacket,
  readUint16,
  sumWords,
  writeUint16,
} from './ip-packet.ts';

const UDP = 17;
const UDP_HEADER = 8;

/** A UDP datagram, out of a capture or for one. */
export interface UdpDatagram {
  readonly source: Address;
  readonly destination: Address;
  /** The IP header's two ECN bits. */
  readonly ecn: number;
  readonly payload: Uint8Array;
}

/**
 * The UDP datagram in a captured packet; its payload is a view. Undefined for anything else, for
 * fragments, and for packets that were not captured whole.
 */
export function udpDatagram(packet: CapturedPacket): UdpDatagram | undefined {
  const ip = ipPacket(packet);
  return ip?.protocol === UDP ? readUdp(ip) : undefined;
}

/** An IPv4 or IPv6 packet, for link type `raw`, with right checksums. @throws {UsageError} over 65535 octets */
export function encodeUdpPacket(datagram: UdpDatagram): Uint8Array {
  const { source, destination, ecn, payload } = datagram;
  const udpLength = UDP_HEADER + payload.length;
  return encodeIpPacket({ source, destination, ecn, protocol: UDP }, udpLength, (udp, sum) => {
    writeUint16(udp, 0, source.port);
    writeUint16(udp, 2, destination.port);
    writeUint16(udp, 4, udpLength);
    udp.set(payload, UDP_HEADER);
    const checksum = foldChecksum(sum + sumWords(udp));
    writeUint16(udp, 6, checksum === 0 ? 0xffff : checksum);
  });
}

function readUdp({ source, destination, ecn, payload: udp }: IpPacket): UdpDatagram | undefined {
  if (udp.length < UDP_HEADER) return undefined;
  const length = readUint16(udp, 4);
  if (length < UDP_HEADER || length > udp.length) return undefined;
  return {
    source: { host: formatIp(source), port: readUint16(udp, 0) },
    destination: { host: formatIp(destination), port: readUint16(udp, 2) },
    ecn,
    payload: udp.subarray(UDP_HEADER, length),
  };
}
