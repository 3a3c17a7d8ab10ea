import { IpProtocol, readIpHeader } from '@mpquic/http3';
import type { IpFlow } from './ip-forwarder.ts';

const NOWHERE = new Uint8Array(4);

/** The flow of a packet, by the end that it goes to; that of no packet where it is malformed. */
export function flowOf(
  packet: Uint8Array,
  farEnd: 'destination' | 'source' = 'destination',
): IpFlow {
  const header = readIpHeader(packet);
  if (header === undefined) return { protocol: 0, address: NOWHERE, port: undefined };
  const { protocol, payloadAt, laterFragment } = header;
  const hasPorts = protocol === IpProtocol.tcp || protocol === IpProtocol.udp;
  const at = payloadAt + (farEnd === 'destination' ? 2 : 0);
  const whole = hasPorts && !laterFragment && packet.length >= at + 2;
  return {
    protocol,
    address: header[farEnd],
    port: whole ? ((packet[at] as number) << 8) | (packet[at + 1] as number) : undefined,
  };
}
