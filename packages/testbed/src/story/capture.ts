import {
  type CaptureInterface,
  encodeExportedPdu,
  encodeUdpPacket,
  LinkType,
  PcapngWriter,
} from '@mpquic/capture';
import type { InterfaceName, MessageSent, TimedRoleEvent } from '@mpquic/service';
import type { Address, Instant } from '@mpquic/wire';
import { Http2Frames } from './http2-frames.ts';
import type { RecordedPacket } from './recorded-packets.ts';

/** What a capture is made of; all of it may hold keys. */
export interface Recording {
  /** N1 and N4 are taken from here. */
  readonly events: readonly TimedRoleEvent[];
  /** SBI and QUIC are taken from here. */
  readonly packets: readonly RecordedPacket[];
  /** Lines in the NSS format, or empty. */
  readonly keyLog: string;
}

const CAPTURE_INTERFACES = ['N1', 'N1 deciphered', 'N4', 'SBI', 'QUIC'] as const;
type CaptureInterfaceName = (typeof CAPTURE_INTERFACES)[number];

interface Packet {
  readonly at: Instant;
  readonly on: CaptureInterfaceName;
  readonly data: Uint8Array;
}

type TimedMessage = MessageSent & { readonly at: Instant };

const PFCP_PORT = 8805;
const NAS_PORTS = { '3gpp': 24_501, 'non-3gpp': 24_502 } as const;

/**
 * One pcapng file of everything, the TLS secrets in front, so that Wireshark decrypts what it can. NAS and
 * HTTP/2 are exported PDUs, which name their dissector: they run over TCP ports that no registry knows. N4
 * and QUIC are IP packets; N4 is exported PDUs too where a run on free ports would hide it from Wireshark.
 */
export function joinedCapture({ events, packets, keyLog }: Recording): Uint8Array {
  const n4 = messagesOver(events, 'N4');
  const onPfcpPort = n4.every(({ destination }) => destination?.port === PFCP_PORT);
  const all = [
    ...messagesOver(events, 'N1').flatMap(nasPackets),
    ...n4.flatMap((message) => n4Packets(message, onPfcpPort)),
    ...sbiPackets(packets),
    ...quicPackets(packets),
  ].sort((a, b) => a.at - b.at);
  const writer = new PcapngWriter('mpq');
  const ids = new Map(
    CAPTURE_INTERFACES.map((name) => [name, writer.addInterface(described(name, onPfcpPort))]),
  );
  if (keyLog !== '') writer.addKeyLog(keyLog);
  for (const { at, on, data } of all) writer.addPacket(ids.get(on) as number, at, data);
  return writer.take();
}

function described(name: CaptureInterfaceName, onPfcpPort: boolean): CaptureInterface {
  const { exportedPdu, raw } = LinkType;
  const table: { readonly [N in CaptureInterfaceName]: readonly [number, string] } = {
    N1: [exportedPdu, 'NAS as sent, with its protection'],
    'N1 deciphered': [exportedPdu, 'the same NAS messages without their protection'],
    N4: [onPfcpPort ? raw : exportedPdu, 'PFCP'],
    SBI: [exportedPdu, 'HTTP/2 between the network functions, a frame a packet'],
    QUIC: [raw, 'both UDP paths, at the UE'],
  };
  const [linkType, description] = table[name];
  return { name, linkType, description };
}

function messagesOver(events: readonly TimedRoleEvent[], wanted: InterfaceName): TimedMessage[] {
  return events.flatMap((event) =>
    event.type === 'message' && event.interface === wanted ? [event] : [],
  );
}

/** The message as it was sent, and without its protection. */
function nasPackets(event: TimedMessage): Packet[] {
  const { at, payload, plaintext } = event;
  return [
    ...(payload === undefined ? [] : [{ at, on: 'N1' as const, data: nas(event, payload) }]),
    ...(plaintext === undefined
      ? []
      : [{ at, on: 'N1 deciphered' as const, data: nas(event, plaintext) }]),
  ];
}

function nas(event: MessageSent, message: Uint8Array): Uint8Array {
  const port = NAS_PORTS[event.access ?? '3gpp'];
  const [atUe, atAmf]: readonly Address[] = [
    { host: '127.0.0.1', port: 0 },
    { host: '127.0.0.1', port },
  ];
  const [source, destination] = event.from === 'ue' ? [atUe, atAmf] : [atAmf, atUe];
  return encodeExportedPdu({
    dissector: 'nas-5gs',
    transport: 'tcp',
    source: event.source ?? (source as Address),
    destination: event.destination ?? (destination as Address),
    message,
  });
}

function n4Packets(message: TimedMessage, onPfcpPort: boolean): Packet[] {
  const { at, source, destination, payload } = message;
  if (source === undefined || destination === undefined || payload === undefined) return [];
  const data = onPfcpPort
    ? encodeUdpPacket({ source, destination, ecn: 0, payload })
    : encodeExportedPdu({
        dissector: 'pfcp',
        transport: 'udp',
        source,
        destination,
        message: payload,
      });
  return [{ at, on: 'N4', data }];
}

function sbiPackets(packets: readonly RecordedPacket[]): Packet[] {
  const frames = new Http2Frames();
  return packets
    .filter((packet) => packet.interface === 'SBI')
    .flatMap(({ at, source, destination, payload }) =>
      frames.take(source, destination, payload).map((message) => ({
        at,
        on: 'SBI' as const,
        data: encodeExportedPdu({
          dissector: 'http2',
          transport: 'tcp',
          source,
          destination,
          message,
        }),
      })),
    );
}

function quicPackets(packets: readonly RecordedPacket[]): Packet[] {
  return packets
    .filter((packet) => packet.interface === 'QUIC')
    .map(({ at, source, destination, payload }) => ({
      at,
      on: 'QUIC',
      data: encodeUdpPacket({ source, destination, ecn: 0, payload }),
    }));
}
