import { encodeUdpPacket, LinkType, PcapngWriter, readCapture } from '@mpquic/capture';
import { nodeCryptoProvider as crypto, hkdfExpandLabel, hkdfExtract } from '@mpquic/crypto';
import { DatagramReader, destinationConnectionId, frameData } from '@mpquic/quic';
import type { CapturedPacket } from '@mpquic/service';
import { ByteReader, concatBytes, toHex } from '@mpquic/wire';
import { decryptCapture } from '../decrypt/capture-decryption.ts';
import { CryptoStream } from '../decrypt/crypto-stream.ts';
import { KeyLog } from '../decrypt/key-log.ts';
import { readFrames } from '../decrypt/packet-frames.ts';
import { type Role, SenderKeys } from '../decrypt/sender-keys.ts';

/** Hellos of one handshake as anybody on the path reads them: Initial keys are public. RFC 9001 §5.2 */
export interface Hellos {
  readonly clientHello: Uint8Array;
  /** Absent where the server refused. */
  readonly serverHello: Uint8Array | undefined;
}

const PRE_SHARED_KEY = 41;
const HASH = 'sha256';
const HASH_LENGTH = 32;

/**
 * The identity that each ClientHello in captured datagrams offers first, in the order in which they were
 * sent. An imported PSK is offered once for each KDF; what its identities tell is the same.
 */
export function identitiesOnPath(captured: readonly CapturedPacket[]): Uint8Array[] {
  return readHellos(captured).flatMap(({ clientHello }) =>
    offeredIdentities(clientHello).slice(0, 1),
  );
}

/** The hellos of every connection that begins in captured datagrams: bodies without their headers. */
export function readHellos(captured: readonly CapturedPacket[]): Hellos[] {
  const readers = new Map<string, HelloReader>();
  let latest: HelloReader | undefined;
  const datagrams = new DatagramReader();
  for (const { payload } of captured) {
    if (((payload[0] ?? 0) & 0x80) === 0) continue;
    datagrams.begin(payload, 0, payload.length, 0);
    for (let header = datagrams.next(); header; header = datagrams.next()) {
      if (header.type !== 'initial' || header.version === undefined) continue;
      const destination = toHex(destinationConnectionId(header));
      const known = readers.get(destination);
      const reader = known ?? new HelloReader(destinationConnectionId(header).slice());
      if (reader.take('client', header)) {
        readers.set(destination, reader);
        latest = reader;
      } else latest?.take('server', header);
    }
  }
  return [...readers.values()].flatMap((reader) => reader.hellos());
}

type Header = NonNullable<ReturnType<DatagramReader['next']>>;

/** Puts the hellos of one connection together. */
class HelloReader {
  readonly #keys: { readonly [R in Role]: SenderKeys };
  readonly #streams = { client: new CryptoStream(), server: new CryptoStream() };

  constructor(initialDestination: Uint8Array) {
    const facts = {
      crypto,
      keyLog: new KeyLog(),
      initialDestination,
      clientRandom: undefined,
      suite: undefined,
    };
    this.#keys = {
      client: new SenderKeys('client', facts),
      server: new SenderKeys('server', facts),
    };
  }

  /** False where the packet is not of this sender and connection. */
  take(sender: Role, header: Header): boolean {
    if (header.version === undefined) return false;
    const plain = this.#keys[sender].open(header, 'initial', header.version, 0);
    if (plain === undefined) return false;
    readFrames(
      'initial',
      plain.plaintext,
      (frame) => {
        if (frame.type === 'crypto') this.#streams[sender].add(frame.offset, frameData(frame));
      },
      () => undefined,
    );
    return true;
  }

  hellos(): Hellos[] {
    const [client] = this.#streams.client.messages();
    const [server] = this.#streams.server.messages();
    return client === undefined ? [] : [{ clientHello: client.body, serverHello: server?.body }];
  }
}

/** The identities of the pre_shared_key extension. RFC 9846 §4.1.2, §4.3.11 */
function offeredIdentities(clientHello: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(clientHello);
  reader.bytes(2 + 32);
  reader.bytes(reader.uint8());
  reader.bytes(reader.uint16());
  reader.bytes(reader.uint8());
  const extensions = new ByteReader(reader.bytes(reader.uint16()));
  const identities: Uint8Array[] = [];
  while (extensions.remaining > 0) {
    const type = extensions.uint16();
    const body = new ByteReader(extensions.bytes(extensions.uint16()));
    if (type !== PRE_SHARED_KEY) continue;
    const list = new ByteReader(body.bytes(body.uint16()));
    while (list.remaining > 0) {
      identities.push(list.bytes(list.uint16()).slice());
      list.bytes(4);
    }
  }
  return identities;
}

/** How many protected packets of a capture open with the secrets of a key log. */
export interface Opened {
  readonly opened: number;
  readonly closed: number;
}

/** Tries Handshake and 1-RTT packets of a capture with a key log. */
export function openWith(captured: readonly CapturedPacket[], keyLog: string): Opened {
  const writer = new PcapngWriter('mpq');
  const link = writer.addInterface({ name: 'path', linkType: LinkType.raw });
  captured.forEach(({ source, destination, payload }, index) => {
    writer.addPacket(link, index, encodeUdpPacket({ source, destination, ecn: 0, payload }));
  });
  const secrets = new KeyLog();
  secrets.add(keyLog);
  const { packets } = decryptCapture(readCapture(writer.take()), secrets, crypto);
  const wanted = packets.filter(({ type }) => type === 'handshake' || type === '1RTT');
  const opened = wanted.filter(({ frames }) => frames !== null).length;
  return { opened, closed: wanted.length - opened };
}

/**
 * The secrets that someone with the PSK and a recording computes: the key schedule of RFC 9846 §7.1
 * with the transcript that is public and zeros for the shared secret, which psk_ke would have and
 * psk_dhe_ke has not. As lines of a key log.
 */
export function secretsWithoutExchange(psk: Uint8Array, hellos: readonly Hellos[]): string {
  return hellos
    .flatMap(({ clientHello, serverHello }) =>
      serverHello === undefined ? [] : scheduleLines(psk, clientHello, serverHello),
    )
    .join('\n');
}

function scheduleLines(
  psk: Uint8Array,
  clientHello: Uint8Array,
  serverHello: Uint8Array,
): readonly string[] {
  const random = toHex(clientHello.subarray(2, 34));
  const transcript = crypto.hash(
    HASH,
    concatBytes(handshakeMessage(1, clientHello), handshakeMessage(2, serverHello)),
  );
  const handshake = pskOnlyHandshakeSecret(psk);
  const line = (label: string, name: string): string =>
    `${name} ${random} ${toHex(expand(handshake, label, transcript))}`;
  return [
    line('c hs traffic', 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'),
    line('s hs traffic', 'SERVER_HANDSHAKE_TRAFFIC_SECRET'),
  ];
}

/** The Handshake Secret of a psk_ke handshake with SHA-256. RFC 9846 §7.1 */
export function pskOnlyHandshakeSecret(psk: Uint8Array): Uint8Array {
  const zeros = new Uint8Array(HASH_LENGTH);
  const early = hkdfExtract(crypto, HASH, zeros, psk);
  const derived = expand(early, 'derived', crypto.hash(HASH, new Uint8Array()));
  return hkdfExtract(crypto, HASH, derived, zeros);
}

function expand(secret: Uint8Array, label: string, context: Uint8Array): Uint8Array {
  return hkdfExpandLabel(crypto, HASH, secret, label, context, HASH_LENGTH);
}

function handshakeMessage(type: number, body: Uint8Array): Uint8Array {
  const { length } = body;
  return concatBytes(Uint8Array.of(type, length >> 16, (length >> 8) & 0xff, length & 0xff), body);
}
