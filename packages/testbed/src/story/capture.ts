import { readFileSync, writeFileSync } from 'node:fs';
import {
  encodeExportedPdu,
  encodeUdpPacket,
  LinkType,
  PcapngWriter,
  readCapture,
} from '@mpquic/capture';
import type { MessageSent, TimedRoleEvent } from '@mpquic/service';
import type { Instant } from '@mpquic/wire';

interface Packet {
  readonly at: Instant;
  readonly interfaceName: string;
  readonly data: Uint8Array;
}

/** Interfaces of the joined capture, and how their packets are framed. */
const INTERFACES: readonly {
  readonly name: string;
  readonly linkType: number;
  readonly description: string;
}[] = [
  { name: 'N1', linkType: LinkType.exportedPdu, description: 'NAS as sent, with its protection' },
  {
    name: 'N1 deciphered',
    linkType: LinkType.exportedPdu,
    description: 'the same NAS messages without their protection',
  },
  { name: 'N4', linkType: LinkType.raw, description: 'PFCP' },
  { name: 'QUIC', linkType: LinkType.raw, description: 'both UDP paths, at the UE' },
];

const NAS_PORTS = { '3gpp': 24_501, 'non-3gpp': 24_502 } as const;

/**
 * Writes one pcapng file of everything: N1 and N4 from the events of the roles, the QUIC datagrams
 * from the UE's own capture, and the TLS secrets in front, so that Wireshark decrypts what it can.
 */
export function writeJoinedCapture(
  path: string,
  events: readonly TimedRoleEvent[],
  quicCapture: string,
  keyLog: string,
): void {
  const packets = [...eventPackets(events), ...quicPackets(quicCapture)].sort(
    (a, b) => a.at - b.at,
  );
  const writer = new PcapngWriter('mpq');
  const ids = new Map(INTERFACES.map((one) => [one.name, writer.addInterface(one)]));
  if (keyLog !== '') writer.addKeyLog(keyLog);
  for (const { at, interfaceName, data } of packets) {
    writer.addPacket(ids.get(interfaceName) as number, at, data);
  }
  writeFileSync(path, writer.take(), { mode: 0o600 });
}

function* eventPackets(events: readonly TimedRoleEvent[]): Iterable<Packet> {
  for (const event of events) {
    if (event.type !== 'message' || event.payload === undefined) continue;
    if (event.interface === 'N1') {
      yield nas('N1', event, event.at, event.payload);
      if (event.plaintext !== undefined)
        yield nas('N1 deciphered', event, event.at, event.plaintext);
    } else if (event.interface === 'N4' && event.source && event.destination) {
      const { source, destination, payload } = event;
      const data = encodeUdpPacket({ source, destination, ecn: 0, payload });
      yield { at: event.at, interfaceName: 'N4', data };
    }
  }
}

function nas(interfaceName: string, event: MessageSent, at: Instant, message: Uint8Array): Packet {
  const port = NAS_PORTS[event.access ?? '3gpp'];
  const ue = event.from === 'ue';
  const fallback = { host: '127.0.0.1', port };
  const data = encodeExportedPdu({
    dissector: 'nas-5gs',
    transport: 'tcp',
    source: event.source ?? { ...fallback, port: ue ? 0 : port },
    destination: event.destination ?? { ...fallback, port: ue ? port : 0 },
    message,
  });
  return { at, interfaceName, data };
}

function* quicPackets(path: string): Iterable<Packet> {
  for (const packet of readCapture(readFileSync(path)).packets) {
    yield { at: packet.time, interfaceName: 'QUIC', data: packet.data };
  }
}
