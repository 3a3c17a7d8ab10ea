import { readCapture, tcpSegment, udpDatagram } from '@mpquic/capture';
import type { CapturedPacket } from '@mpquic/service';
import type { Instant } from '@mpquic/wire';

/** What a tap saw, and when. */
export interface RecordedPacket extends CapturedPacket {
  readonly at: Instant;
}

/** SBI and QUIC of a capture file that a role wrote. @throws {CaptureError} where it is none */
export function recordedPackets(file: Uint8Array): RecordedPacket[] {
  return readCapture(file).packets.flatMap((packet): RecordedPacket[] => {
    const { interfaceName, time: at } = packet;
    if (interfaceName === 'QUIC') {
      const datagram = udpDatagram(packet);
      if (datagram === undefined) return [];
      const { source, destination, payload } = datagram;
      return [{ at, interface: 'QUIC', transport: 'udp', source, destination, payload }];
    }
    if (interfaceName !== 'SBI') return [];
    const segment = tcpSegment(packet);
    if (segment === undefined || segment.payload.length === 0) return [];
    const { source, destination, payload } = segment;
    return [{ at, interface: 'SBI', transport: 'tcp', source, destination, payload }];
  });
}
