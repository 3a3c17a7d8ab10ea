import { type Capture, type UdpDatagram, udpDatagram } from '@mpquic/capture';
import type { CryptoProvider } from '@mpquic/crypto';
import {
  DatagramReader,
  destinationConnectionId,
  type PacketHeader,
  type PacketLevel,
  type PacketType,
  sourceConnectionId,
} from '@mpquic/quic';
import { formatAddress } from '@mpquic/wire';
import { ConnectionRoutes, type Route } from './connection-routes.ts';
import { type FrameJson, framesJson } from './frame-json.ts';
import type { KeyLog } from './key-log.ts';
import type { Role } from './sender-keys.ts';
import { TracedConnection } from './traced-connection.ts';

/** Packets that wait for keys or connection IDs, of all connections together. */
const MAX_PENDING = 10_000;

/** One QUIC packet of a capture, as `mpq decrypt --json` prints it. */
export interface DecryptedPacket {
  /** Of the captured packet in the file, counted from 1; coalesced QUIC packets share it. */
  readonly number: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly type: string;
  /** Path ID; null where the connection is not known. */
  readonly path: number | null;
  /** null where it cannot be decrypted. */
  readonly packetNumber: number | null;
  readonly frames: readonly FrameJson[] | null;
}

export interface CaptureDecryption {
  readonly packets: readonly DecryptedPacket[];
  /** UDP datagrams that seem to be of no QUIC connection that begins in the capture. */
  readonly unknownDatagrams: number;
}

/** Decrypts what the key log has the secrets for: all packet types, on all paths, over key updates. */
export function decryptCapture(
  capture: Capture,
  keyLog: KeyLog,
  crypto: CryptoProvider,
): CaptureDecryption {
  const decryptor = new CaptureDecryptor(keyLog, crypto);
  for (const packet of capture.packets) {
    const datagram = udpDatagram(packet);
    if (datagram) decryptor.addDatagram(packet.number, packet.time / 1e6, datagram);
  }
  return decryptor;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A packet that could not be decrypted when it came. */
interface Pending {
  readonly entry: Mutable<DecryptedPacket>;
  readonly header: PacketHeader;
  readonly datagram: UdpDatagram;
}

class CaptureDecryptor implements CaptureDecryption {
  readonly packets: Mutable<DecryptedPacket>[] = [];
  unknownDatagrams = 0;
  readonly #keyLog: KeyLog;
  readonly #crypto: CryptoProvider;
  readonly #routes = new ConnectionRoutes();
  readonly #reader = new DatagramReader();
  readonly #serverPorts = new Set([443]);
  #pending: Pending[] = [];
  /** Whether keys or connection IDs were learned since the pending packets were tried. */
  #learned = false;

  constructor(keyLog: KeyLog, crypto: CryptoProvider) {
    this.#keyLog = keyLog;
    this.#crypto = crypto;
  }

  addDatagram(number: number, time: number, datagram: UdpDatagram): void {
    const { payload } = datagram;
    const first = payload[0] ?? 0;
    const idLength = (first & 0x80) === 0 ? this.#routes.shortHeaderIdLength(payload) : payload[5];
    this.#reader.begin(payload, 0, payload.length, idLength ?? 0);
    let isKnown = false;
    for (let header = this.#reader.next(); header; header = this.#reader.next()) {
      if (!this.#isQuic(header, datagram)) break;
      isKnown = true;
      const entry = {
        number,
        time,
        from: formatAddress(datagram.source),
        to: formatAddress(datagram.destination),
        type: TYPE_NAMES[header.type],
        path: null,
        packetNumber: null,
        frames: null,
      };
      this.packets.push(entry);
      this.#addPacket({ entry, header: { ...header }, datagram });
    }
    if (!isKnown) this.unknownDatagrams += 1;
    this.#retryPending();
  }

  /**
   * Long headers of a known version say it themselves. Others are taken for QUIC by their connection,
   * or by the port of a server: without secrets nothing else tells of connection IDs on other paths.
   */
  #isQuic(header: PacketHeader, datagram: UdpDatagram): boolean {
    if (header.version || this.#route(header, datagram)) return true;
    const { source, destination } = datagram;
    return this.#serverPorts.has(source.port) || this.#serverPorts.has(destination.port);
  }

  #addPacket(packet: Pending): void {
    const { header, datagram } = packet;
    if (header.type === 'retry') {
      const route = this.#route(header, datagram);
      if (route?.receiver === 'client')
        route.connection.retried(sourceConnectionId(header).slice());
    }
    if (!isProtected(header.type) || this.#decrypt(packet, header.type)) return;
    if (this.#pending.length < MAX_PENDING) this.#pending.push(packet);
  }

  #retryPending(): void {
    while (this.#learned) {
      this.#learned = false;
      this.#pending = this.#pending.filter(
        (packet) => !isProtected(packet.header.type) || !this.#decrypt(packet, packet.header.type),
      );
    }
  }

  #decrypt(packet: Pending, level: PacketLevel): boolean {
    const { datagram, entry } = packet;
    const header = level === 'application' ? this.#withIdLength(packet.header) : packet.header;
    const route = this.#route(header, datagram) ?? this.#startConnection(header, datagram);
    if (!route) return false;
    const pathId = level === 'application' ? route.pathId : 0;
    if (level !== 'application' || header.destinationLength > 0) entry.path = pathId;
    const sender = route.receiver === 'client' ? 'server' : 'client';
    const plain = route.connection.open(header, level, sender, pathId);
    if (!plain) return false;
    entry.path = pathId;
    entry.packetNumber = plain.packetNumber;
    entry.frames = framesJson(level, plain.plaintext);
    this.#learn(route.connection, header, level, sender, plain.plaintext);
    return true;
  }

  #learn(
    connection: TracedConnection,
    header: PacketHeader,
    level: PacketLevel,
    sender: Role,
    plaintext: Uint8Array,
  ): void {
    const issued = connection.learn(level, sender, plaintext);
    for (const { connectionId, issuer, pathId } of issued) {
      this.#routes.addConnectionId(connectionId, { connection, receiver: issuer, pathId });
    }
    if (level !== 'application') {
      const own = { connection, receiver: sender, pathId: 0 };
      this.#routes.addConnectionId(sourceConnectionId(header), own);
    }
    if (level !== 'application' || issued.length > 0) this.#learned = true;
  }

  /** A 1-RTT header does not tell how long its connection ID is; the known ones do. */
  #withIdLength(header: PacketHeader): PacketHeader {
    const packet = header.buffer.subarray(header.start, header.end);
    const destinationLength = this.#routes.shortHeaderIdLength(packet);
    const packetNumberOffset = header.destinationStart + destinationLength;
    return { ...header, destinationLength, packetNumberOffset };
  }

  /** By connection ID; by addresses where a side uses none, or before it is known. */
  #route(header: PacketHeader, datagram: UdpDatagram): Route | undefined {
    const byId = this.#routes.ofConnectionId(destinationConnectionId(header));
    if (byId) return byId;
    const startsOver = header.type === 'initial' && header.destinationLength >= 8;
    if (startsOver) return undefined;
    return this.#routes.ofAddresses(datagram.source, datagram.destination);
  }

  /** A connection begins with an Initial that its own destination connection ID protects. */
  #startConnection(header: PacketHeader, datagram: UdpDatagram): Route | undefined {
    if (header.type !== 'initial' || !header.version) return undefined;
    const destination = destinationConnectionId(header).slice();
    const { version } = header;
    const connection = new TracedConnection(this.#crypto, this.#keyLog, version, destination);
    const route: Route = { connection, receiver: 'server', pathId: 0 };
    if (!connection.open(header, 'initial', 'client', 0)) {
      return this.#routes.ofAddresses(datagram.source, datagram.destination);
    }
    this.#routes.addConnectionId(destination, route);
    this.#routes.addAddresses(datagram.source, datagram.destination, connection);
    this.#serverPorts.add(datagram.destination.port);
    return route;
  }
}

/** The names of qlog. */
const TYPE_NAMES: { readonly [T in PacketType]: string } = {
  initial: 'initial',
  early: '0RTT',
  handshake: 'handshake',
  application: '1RTT',
  retry: 'retry',
  version_negotiation: 'version_negotiation',
  unsupported_version: 'unknown',
};

function isProtected(type: PacketType): type is PacketLevel {
  return type !== 'retry' && type !== 'version_negotiation' && type !== 'unsupported_version';
}
