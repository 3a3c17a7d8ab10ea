import { buildIpPacket, type IpHeader, IpProtocol, transportChecksum } from '@mpquic/http3';

/** A UDP datagram inside an IP packet. The payload is a view of the packet. RFC 768 */
export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** Undefined where a packet holds no whole and right UDP datagram. */
export function readUdp(packet: Uint8Array, header: IpHeader): UdpDatagram | undefined {
  const { payloadAt, source, destination } = header;
  const segment = packet.subarray(payloadAt);
  if (header.protocol !== IpProtocol.udp || header.laterFragment || segment.length < 8) {
    return undefined;
  }
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  if (view.getUint16(4) !== segment.length) return undefined;
  const checksum = view.getUint16(6);
  // Only IPv4 may leave it out. RFC 8200 §8.1
  if (checksum === 0 && header.version === 6) return undefined;
  if (checksum !== 0 && transportChecksum(source, destination, IpProtocol.udp, segment) !== 0) {
    return undefined;
  }
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    payload: segment.subarray(8),
  };
}

/** An IP packet with a UDP datagram. Both addresses are of one IP version. */
export function buildUdp(
  source: { readonly address: Uint8Array; readonly port: number },
  destination: { readonly address: Uint8Array; readonly port: number },
  payload: Uint8Array,
): Uint8Array {
  const segment = new Uint8Array(8 + payload.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, source.port);
  view.setUint16(2, destination.port);
  view.setUint16(4, segment.length);
  segment.set(payload, 8);
  const { address } = source;
  const sum = transportChecksum(address, destination.address, IpProtocol.udp, segment);
  // A sum of zero is sent as all ones. RFC 768
  view.setUint16(6, sum === 0 ? 0xffff : sum);
  return buildIpPacket(address, destination.address, IpProtocol.udp, segment);
}
