import type { CryptoProvider } from '@mpquic/crypto';
import {
  type Frame,
  frameData,
  type PacketHeader,
  type PacketLevel,
  type QuicVersion,
} from '@mpquic/quic';
import type { CipherSuiteName } from '@mpquic/tls';
import { CryptoStream } from './crypto-stream.ts';
import { clientRandom, selectedSuite, serverParameters } from './hello.ts';
import type { KeyLog } from './key-log.ts';
import { readFrames } from './packet-frames.ts';
import { type PlainPacket, type Role, SenderKeys, type TraceFacts } from './sender-keys.ts';

/** A connection ID that one side issued, for one path. */
export interface IssuedConnectionId {
  readonly connectionId: Uint8Array;
  readonly issuer: Role;
  readonly pathId: number;
}

/** A connection as a capture shows it. */
export class TracedConnection {
  readonly #facts: { -readonly [F in keyof TraceFacts]: TraceFacts[F] };
  readonly #keys: { readonly [R in Role]: SenderKeys };
  readonly #initialCrypto = { client: new CryptoStream(), server: new CryptoStream() };
  /** Of the server's Handshake packets; undefined once its transport parameters are read. */
  #encrypted: CryptoStream | undefined = new CryptoStream();
  #version: QuicVersion;

  constructor(
    crypto: CryptoProvider,
    keyLog: KeyLog,
    version: QuicVersion,
    initialDestination: Uint8Array,
  ) {
    this.#version = version;
    this.#facts = {
      crypto,
      keyLog,
      initialDestination,
      clientRandom: undefined,
      suite: undefined,
    };
    this.#keys = {
      client: new SenderKeys('client', this.#facts),
      server: new SenderKeys('server', this.#facts),
    };
  }

  get suite(): CipherSuiteName | undefined {
    return this.#facts.suite;
  }

  /** The server sent Retry: the client's next Initial goes to its connection ID. RFC 9001 §5.2 */
  retried(source: Uint8Array): void {
    this.#facts.initialDestination = source;
  }

  /** The packet without its protection, as soon as its keys are known. */
  open(
    header: PacketHeader,
    level: PacketLevel,
    sender: Role,
    pathId: number,
  ): PlainPacket | undefined {
    const version = header.version ?? this.#version;
    const plain = this.#keys[sender].open(header, level, version, pathId);
    // Compatible version negotiation: what the server speaks is what 1-RTT keys are made for.
    if (plain && level === 'handshake' && header.version) this.#version = header.version;
    return plain;
  }

  /** Takes what a packet tells of keys; returns the connection IDs that it issues. */
  learn(level: PacketLevel, sender: Role, plaintext: Uint8Array): readonly IssuedConnectionId[] {
    const issued: IssuedConnectionId[] = [];
    const onFrame = (frame: Frame): void => {
      if (frame.type === 'crypto' && level === 'initial') this.#addHello(frame, sender);
      if (frame.type === 'crypto' && level === 'handshake' && sender === 'server') {
        const connectionId = this.#preferredId(frame);
        if (connectionId !== undefined) issued.push({ connectionId, issuer: sender, pathId: 0 });
      }
      const pathId = issuedPath(frame);
      if (pathId !== undefined && 'connectionId' in frame) {
        issued.push({ connectionId: frame.connectionId.slice(), issuer: sender, pathId });
      }
    };
    readFrames(level, plaintext, onFrame, () => undefined);
    return issued;
  }

  /** The connection ID that comes with a preferred address, once. RFC 9000 §9.6.1, MP-21 §2.2 */
  #preferredId(frame: Extract<Frame, { type: 'crypto' }>): Uint8Array | undefined {
    if (this.#encrypted === undefined) return undefined;
    this.#encrypted.add(frame.offset, frameData(frame));
    const parameters = serverParameters(this.#encrypted);
    if (parameters !== undefined) this.#encrypted = undefined;
    return parameters?.preferredAddress?.connectionId;
  }

  #addHello(frame: Extract<Frame, { type: 'crypto' }>, sender: Role): void {
    this.#initialCrypto[sender].add(frame.offset, frameData(frame));
    this.#facts.clientRandom ??= clientRandom(this.#initialCrypto.client);
    this.#facts.suite ??= selectedSuite(this.#initialCrypto.server);
  }
}

function issuedPath(frame: Frame): number | undefined {
  if (frame.type === 'path_new_connection_id') return frame.pathId;
  return frame.type === 'new_connection_id' ? 0 : undefined;
}
