import { readFileSync } from 'node:fs';
import { readCapture, type UdpDatagram, udpDatagram } from '@mpquic/capture';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { concatBytes, fromHex, toHex } from '@mpquic/wire';
import {
  cloneFrame,
  createOpenedPacket,
  DatagramReader,
  destinationConnectionId,
  type Frame,
  FrameReader,
  frameData,
  KeyPhases,
  LevelKeys,
  type PacketHeader,
  type PacketLevel,
  PROTECTION_SUITES,
  QUIC_V1,
  sourceConnectionId,
} from '../src/index.ts';

const SUITE = PROTECTION_SUITES.TLS_AES_128_GCM_SHA256;
const SERVER_PORTS: ReadonlySet<number> = new Set([4444, 4455]);
const ID_LENGTH = 8;
/**
 * Frames of extensions that picoquic's two sides negotiated and ours does not speak, with the number
 * of their fields: TIME_STAMP, ACK_FREQUENCY, IMMEDIATE_ACK.
 */
const FOREIGN_FRAMES: ReadonlyMap<number, number> = new Map([
  [0x02f5, 1],
  [0xaf, 4],
  [0x1f, 0],
]);

type Role = 'client' | 'server';

/** A packet of a capture, opened. */
export interface CapturedQuicPacket {
  readonly level: PacketLevel;
  readonly sender: Role;
  readonly pathId: number;
  readonly packetNumber: number;
  readonly header: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly frames: readonly Frame[];
}

/** What a sender's packets are opened with. */
interface Keys {
  readonly handshake: LevelKeys;
  readonly application: KeyPhases;
  readonly largest: Map<string, number>;
}

/** Opens all packets of a capture of one connection, in their order; throws where one does not open. */
export class PicoquicCapture {
  readonly packets: CapturedQuicPacket[] = [];
  /** The first flight of CRYPTO data of each side. */
  readonly initialCrypto: { [R in Role]: Uint8Array } = { client: NONE, server: NONE };
  readonly #keys: { readonly [R in Role]: Keys };
  /** Path IDs by connection ID. */
  readonly #paths = new Map<string, number>();
  #initial: { readonly [R in Role]: LevelKeys } | undefined;

  constructor(name: string) {
    const at = (file: string) => new URL(`../../test/vectors/picoquic/${file}`, import.meta.url);
    const secrets = readFileSync(at(`${name}.keys`), 'utf8');
    this.#keys = { client: keysOf('CLIENT', secrets), server: keysOf('SERVER', secrets) };
    const capture = readCapture(readFileSync(at(`${name}.pcap`)));
    for (const packet of capture.packets) {
      const datagram = udpDatagram(packet);
      if (!datagram) throw new Error(`packet ${packet.number} is no UDP datagram`);
      this.#readDatagram(datagram);
    }
  }

  #readDatagram(datagram: UdpDatagram): void {
    const sender = SERVER_PORTS.has(datagram.source.port) ? 'server' : 'client';
    const payload = datagram.payload.slice();
    const reader = new DatagramReader();
    reader.begin(payload, 0, payload.length, ID_LENGTH);
    for (let header = reader.next(); header; header = reader.next()) this.#open(header, sender);
    if (reader.problem && reader.problem !== 'fixed_bit_zero') throw new Error(reader.problem);
  }

  #open(header: PacketHeader, sender: Role): void {
    const level = header.type as PacketLevel;
    const pathId = level === 'application' ? this.#pathOf(header) : 0;
    const keys = this.#keys[sender];
    const space = `${level} ${pathId}`;
    const largest = keys.largest.get(space) ?? -1;
    const opened = createOpenedPacket();
    if (level === 'initial') this.#initial ??= initialKeys(header);
    const isOpen =
      level === 'application'
        ? keys.application.open(header, pathId, largest, 0, opened)
        : (level === 'initial' ? this.#initial?.[sender] : keys.handshake)?.open(
            header,
            largest,
            opened,
          );
    if (!isOpen) throw new Error(`${level} packet ${this.packets.length} does not open`);
    keys.largest.set(space, Math.max(largest, opened.packetNumber));
    if (level !== 'application') this.#paths.set(toHex(sourceConnectionId(header)), 0);

    const plaintext = opened.buffer.slice(opened.payloadStart, opened.payloadEnd);
    const frames = readFrames(level, plaintext);
    this.packets.push({
      level,
      sender,
      pathId,
      packetNumber: opened.packetNumber,
      header: header.buffer.slice(header.start, header.end - 16 - plaintext.length),
      plaintext,
      frames,
    });
    for (const frame of frames) this.#learn(frame, level, sender);
  }

  #learn(frame: Frame, level: PacketLevel, sender: Role): void {
    if (frame.type === 'new_connection_id') this.#paths.set(toHex(frame.connectionId), 0);
    if (frame.type === 'path_new_connection_id') {
      this.#paths.set(toHex(frame.connectionId), frame.pathId);
    }
    if (frame.type === 'crypto' && level === 'initial') {
      const joined = this.initialCrypto[sender];
      if (frame.offset === joined.length) {
        this.initialCrypto[sender] = concatBytes(joined, frameData(frame));
      }
    }
  }

  #pathOf(header: PacketHeader): number {
    const pathId = this.#paths.get(toHex(destinationConnectionId(header)));
    if (pathId === undefined) throw new Error('unknown connection ID');
    return pathId;
  }
}

function initialKeys(header: PacketHeader): { readonly [R in Role]: LevelKeys } {
  const destination = destinationConnectionId(header);
  return {
    client: LevelKeys.initial(crypto, QUIC_V1, 'server', destination),
    server: LevelKeys.initial(crypto, QUIC_V1, 'client', destination),
  };
}

function keysOf(side: 'CLIENT' | 'SERVER', secrets: string): Keys {
  const secret = (label: string) => {
    const line = secrets.split('\n').find((text) => text.startsWith(`${side}_${label} `));
    return fromHex(line?.split(' ')[2] ?? '');
  };
  const handshake = new LevelKeys(crypto, QUIC_V1);
  handshake.installRead(SUITE, secret('HANDSHAKE_TRAFFIC_SECRET'));
  const application = new KeyPhases({
    crypto,
    version: QUIC_V1,
    suite: SUITE,
    largestPto: () => 0,
  });
  application.installRead(secret('TRAFFIC_SECRET_0'));
  return { handshake, application, largest: new Map() };
}

function readFrames(level: PacketLevel, plaintext: Uint8Array): Frame[] {
  const reader = new FrameReader((frameType, bytes) => {
    const fields = FOREIGN_FRAMES.get(frameType);
    if (fields === undefined) return false;
    for (let i = 0; i < fields; i++) bytes.varint();
    return true;
  });
  reader.begin(level, plaintext, 0, plaintext.length);
  const frames: Frame[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) frames.push(cloneFrame(frame));
  return frames;
}

const NONE = new Uint8Array();
