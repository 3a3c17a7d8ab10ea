import { encodeUdpPacket, LinkType, PcapngWriter, readCapture } from '@mpquic/capture';
import { nodeCryptoProvider } from '@mpquic/crypto';
import type { AccessName, TimedRoleEvent } from '@mpquic/service';
import { formatAddress, toHex } from '@mpquic/wire';
import { type DecryptedPacket, decryptCapture } from '../decrypt/capture-decryption.ts';
import { KeyLog } from '../decrypt/key-log.ts';
import { identitiesOnPath } from '../experiments/eavesdropper.ts';
import type { RecordedPacket } from './recorded-packets.ts';

/** Frames that a reader of a call flow wants to see; data and acknowledgements are left out. */
const FRAME_NAMES: Readonly<Record<string, string>> = {
  handshake_done: 'HANDSHAKE_DONE',
  path_challenge: 'PATH_CHALLENGE',
  path_response: 'PATH_RESPONSE',
  path_abandon: 'PATH_ABANDON',
  connection_close: 'CONNECTION_CLOSE',
};
const SHORT_OCTETS = 8;

/**
 * What went over the QUIC paths as messages of a call flow: handshakes, path validation and the end of
 * connections, as `mpq decrypt` reads them from the packets at the UE.
 */
export function quicMessages(
  packets: readonly RecordedPacket[],
  keyLog: string,
  events: readonly TimedRoleEvent[],
): TimedRoleEvent[] {
  const datagrams = packets.filter((packet) => packet.interface === 'QUIC');
  const accesses = accessByAddress(events);
  const clients = clientAddresses(datagrams);
  const read = readPackets(datagrams, keyLog);
  return datagrams.flatMap((datagram, index): TimedRoleEvent[] => {
    const source = formatAddress(datagram.source);
    const destination = formatAddress(datagram.destination);
    const sent = clients.has(source);
    const name = read
      .get(index + 1)
      ?.flatMap((packet) => told(packet, sent))
      .join(', ');
    if (!name) return [];
    const [identity] = sent && name.startsWith('ClientHello') ? identitiesOnPath([datagram]) : [];
    return [
      {
        type: 'message',
        interface: 'QUIC',
        at: datagram.at,
        access: accesses.get(source) ?? accesses.get(destination) ?? '3gpp',
        from: sent ? 'ue' : 'upf',
        to: sent ? 'upf' : 'ue',
        name,
        ...(identity === undefined ? {} : { detail: `KID ${shortened(identity)}` }),
        length: datagram.payload.length,
        secret: false,
      },
    ];
  });
}

/** The UE sends first to every address. */
function clientAddresses(datagrams: readonly RecordedPacket[]): ReadonlySet<string> {
  const clients = new Set<string>();
  const servers = new Set<string>();
  for (const { source, destination } of datagrams) {
    if (servers.has(formatAddress(source))) continue;
    clients.add(formatAddress(source));
    servers.add(formatAddress(destination));
  }
  return clients;
}

/** Of both ends of the paths of the UEs. */
function accessByAddress(events: readonly TimedRoleEvent[]): ReadonlyMap<string, AccessName> {
  const accesses = new Map<string, AccessName>();
  for (const event of events) {
    if (event.type !== 'path' || event.holder !== 'ue' || event.access === undefined) continue;
    for (const address of [event.local, event.remote]) {
      if (address !== undefined) accesses.set(address, event.access);
    }
  }
  return accesses;
}

/** QUIC packets by the number of their datagram, counted from 1. */
function readPackets(
  datagrams: readonly RecordedPacket[],
  keyLog: string,
): ReadonlyMap<number, readonly DecryptedPacket[]> {
  const writer = new PcapngWriter('mpq');
  const link = writer.addInterface({ name: 'QUIC', linkType: LinkType.raw });
  for (const { at, source, destination, payload } of datagrams) {
    writer.addPacket(link, at, encodeUdpPacket({ source, destination, ecn: 0, payload }));
  }
  const secrets = new KeyLog();
  secrets.add(keyLog);
  const byDatagram = new Map<number, DecryptedPacket[]>();
  const { packets } = decryptCapture(readCapture(writer.take()), secrets, nodeCryptoProvider);
  for (const packet of packets) {
    const together = byDatagram.get(packet.number);
    if (together === undefined) byDatagram.set(packet.number, [packet]);
    else together.push(packet);
  }
  return byDatagram;
}

/** What a packet is about: the TLS messages of its level, or frames. */
function told({ type, frames }: DecryptedPacket, sent: boolean): string[] {
  const types = new Set((frames ?? []).map((frame) => frame.type));
  const names = [...types].flatMap((frame) => FRAME_NAMES[frame] ?? []);
  if (type === 'retry') return ['Retry'];
  if (!types.has('crypto')) return names;
  if (type === 'initial') return [sent ? 'ClientHello' : 'ServerHello', ...names];
  if (type === 'handshake')
    return [sent ? 'Finished' : 'EncryptedExtensions to Finished', ...names];
  return names;
}

function shortened(identity: Uint8Array): string {
  const digits = toHex(identity.subarray(0, SHORT_OCTETS));
  return identity.length > SHORT_OCTETS ? `${digits}..` : digits;
}
