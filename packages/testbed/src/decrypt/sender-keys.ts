import type { CryptoProvider } from '@mpquic/crypto';
import {
  createOpenedPacket,
  decryptPacket,
  LevelKeys,
  type OpenedPacket,
  type PacketHeader,
  type PacketLevel,
  PROTECTION_SUITES,
  type ProtectionSuite,
  type QuicVersion,
  ReadKeys,
  TransportError,
  unmaskPacket,
} from '@mpquic/quic';
import type { CipherSuiteName } from '@mpquic/tls';
import { toHex } from '@mpquic/wire';
import type { KeyLog, SecretLabel } from './key-log.ts';

export type Role = 'client' | 'server';

const KEY_PHASE_BIT = 0x04;
/** A packet number as if of 4 octets, and the sample of header protection. RFC 9001 §5.4.2 */
const MIN_PROTECTED = 4 + 16;

const LABELS: {
  readonly [R in Role]: {
    readonly [L in Exclude<PacketLevel, 'initial'>]: SecretLabel | undefined;
  };
} = {
  client: {
    early: 'CLIENT_EARLY_TRAFFIC_SECRET',
    handshake: 'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
    application: 'CLIENT_TRAFFIC_SECRET_0',
  },
  server: {
    early: undefined,
    handshake: 'SERVER_HANDSHAKE_TRAFFIC_SECRET',
    application: 'SERVER_TRAFFIC_SECRET_0',
  },
};

/** A packet without its protection. */
export interface PlainPacket {
  readonly packetNumber: number;
  readonly plaintext: Uint8Array;
}

/** What both ends of a connection know, as far as a capture and a key log tell it. */
export interface TraceFacts {
  readonly crypto: CryptoProvider;
  readonly keyLog: KeyLog;
  /** Destination of the client's Initial packets, of which their keys are made. */
  readonly initialDestination: Uint8Array;
  readonly clientRandom: string | undefined;
  readonly suite: CipherSuiteName | undefined;
}

/** Opens the packets that one side of a connection sent, without taking part in it. */
export class SenderKeys {
  readonly #sender: Role;
  readonly #facts: TraceFacts;
  readonly #levels = new Map<string, LevelKeys>();
  readonly #phases = new Map<ProtectionSuite, ReadKeys>();
  readonly #largest = new Map<string, number>();
  #keyPhase = 0;

  constructor(sender: Role, facts: TraceFacts) {
    this.#sender = sender;
    this.#facts = facts;
  }

  /** Undefined where the keys are not known (yet), or do not fit. */
  open(
    header: PacketHeader,
    level: PacketLevel,
    version: QuicVersion,
    pathId: number,
  ): PlainPacket | undefined {
    if (header.end - header.packetNumberOffset < MIN_PROTECTED) return undefined;
    const space = level === 'early' ? 'application 0' : `${level} ${pathId}`;
    const largest = this.#largest.get(space) ?? -1;
    const opened = createOpenedPacket();
    const isOpen =
      level === 'application'
        ? this.#openApplication(header, version, pathId, largest, opened)
        : this.#openLevel(header, level, version, largest, opened);
    if (!isOpen) return undefined;
    this.#largest.set(space, Math.max(largest, opened.packetNumber));
    return {
      packetNumber: opened.packetNumber,
      plaintext: opened.buffer.slice(opened.payloadStart, opened.payloadEnd),
    };
  }

  #openLevel(
    header: PacketHeader,
    level: Exclude<PacketLevel, 'application'>,
    version: QuicVersion,
    largest: number,
    opened: OpenedPacket,
  ): boolean {
    if (level === 'initial') {
      return attempt(header, (copy) => this.#initialKeys(version).open(copy, largest, opened));
    }
    for (const [suite, secret] of this.#candidates(level)) {
      const keys = new LevelKeys(this.#facts.crypto, version);
      keys.installRead(suite, secret);
      if (attempt(header, (copy) => keys.open(copy, largest, opened))) return true;
    }
    return false;
  }

  #openApplication(
    header: PacketHeader,
    version: QuicVersion,
    pathId: number,
    largest: number,
    opened: OpenedPacket,
  ): boolean {
    for (const [suite, secret] of this.#candidates('application')) {
      const keys =
        this.#phases.get(suite) ?? new ReadKeys(this.#facts.crypto, version, suite, secret);
      if (this.#openPhase(keys, header, pathId, largest, opened)) {
        this.#phases.set(suite, keys);
        return true;
      }
    }
    return false;
  }

  /** By the Key Phase bit the current keys, or else the next or the previous ones. RFC 9001 §6.5 */
  #openPhase(
    keys: ReadKeys,
    header: PacketHeader,
    pathId: number,
    largest: number,
    opened: OpenedPacket,
  ): boolean {
    const openWith = (choose: (bit: number) => typeof keys.previous): boolean =>
      attempt(header, (copy) => {
        const numberLength = unmaskPacket(keys.current, copy, largest, opened);
        const bit = ((copy.buffer[copy.start] as number) & KEY_PHASE_BIT) >> 2;
        const opener = choose(bit);
        return opener !== undefined && decryptPacket(opener, copy, numberLength, pathId, opened);
      });
    if (openWith((bit) => (bit === this.#keyPhase ? keys.current : keys.previous))) return true;
    if (!openWith((bit) => (bit === this.#keyPhase ? undefined : keys.next))) return false;
    keys.advance();
    this.#keyPhase ^= 1;
    return true;
  }

  #initialKeys(version: QuicVersion): LevelKeys {
    const { crypto, initialDestination } = this.#facts;
    const name = `${version.name} ${toHex(initialDestination)}`;
    let keys = this.#levels.get(name);
    if (!keys) {
      const receiver = this.#sender === 'client' ? 'server' : 'client';
      keys = LevelKeys.initial(crypto, version, receiver, initialDestination);
      this.#levels.set(name, keys);
    }
    return keys;
  }

  /** The level's secret with the suite it may belong to; several where no ServerHello told it. */
  *#candidates(
    level: Exclude<PacketLevel, 'initial'>,
  ): Generator<readonly [ProtectionSuite, Uint8Array]> {
    const { keyLog, clientRandom, suite } = this.#facts;
    const label = LABELS[this.#sender][level];
    if (clientRandom === undefined || label === undefined) return;
    const names = Object.keys(PROTECTION_SUITES) as CipherSuiteName[];
    for (const name of level !== 'early' && suite !== undefined ? [suite] : names) {
      const secret = keyLog.secret(label, clientRandom);
      const candidate = PROTECTION_SUITES[name];
      const length = candidate.hash === 'sha384' ? 48 : 32;
      if (secret?.length === length) yield [candidate, secret];
    }
  }
}

/** Opens a copy of the packet, since an attempt changes it; false also where its header is illegal. */
function attempt(header: PacketHeader, open: (copy: PacketHeader) => boolean): boolean {
  const { start, end } = header;
  const copy = {
    ...header,
    buffer: header.buffer.slice(start, end),
    start: 0,
    end: end - start,
    packetNumberOffset: header.packetNumberOffset - start,
  };
  try {
    return open(copy);
  } catch (error) {
    if (error instanceof TransportError) return false;
    throw error;
  }
}
