import { constants, createDecipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { connect, createServer } from 'node:tls';
import { nodeCryptoProvider as crypto, hkdfExpandLabel, hkdfExtract } from '@mpquic/crypto';
import { concatBytes } from '@mpquic/wire';
import { pskOnlyHandshakeSecret } from './eavesdropper.ts';

/** What was sent over a psk_ke connection, and what its recording gives away with the PSK. */
export interface PskKeRecording {
  readonly sent: string;
  readonly recovered: string;
}

const IDENTITY = 'provisioned';
const TEXT = 'a text that nobody else should read';
const CIPHER = 'TLS_AES_128_GCM_SHA256';
/** Without a group in common the only way on is psk_ke, where both sides allow it. */
const OPTIONS = {
  minVersion: 'TLSv1.3',
  ciphers: CIPHER,
  secureOptions: constants.SSL_OP_ALLOW_NO_DHE_KEX,
} as const;

/**
 * A TLS 1.3 connection with psk_ke, which our own TLS never offers: OpenSSL at both ends, and a relay
 * that records. What is read afterwards comes from the recording and the PSK alone.
 */
export async function recordPskKe(): Promise<PskKeRecording> {
  const psk = randomBytes(32);
  const server = createServer(
    { ...OPTIONS, ecdhCurve: 'P-256', pskCallback: () => psk },
    (socket) => {
      socket.on('error', () => undefined);
      socket.end(TEXT);
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const recorded: { readonly up: Uint8Array[]; readonly down: Uint8Array[] } = { up: [], down: [] };
  const relay = createTcpServer((inside) => {
    const outside = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    inside.on('data', (chunk) => recorded.up.push(chunk)).on('error', () => undefined);
    outside.on('data', (chunk) => recorded.down.push(chunk)).on('error', () => undefined);
    inside.pipe(outside).pipe(inside);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  try {
    const client = connect({
      ...OPTIONS,
      host: '127.0.0.1',
      port: (relay.address() as AddressInfo).port,
      ecdhCurve: 'X25519',
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ psk, identity: IDENTITY }),
    });
    let sent = '';
    client.on('data', (chunk: Uint8Array) => {
      sent += Buffer.from(chunk).toString();
    });
    await once(client, 'end');
    client.destroy();
    return {
      sent,
      recovered: readWithPsk(psk, concatBytes(...recorded.up), concatBytes(...recorded.down)),
    };
  } finally {
    relay.close();
    server.close();
  }
}

const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const FINISHED = 20;
const HASH = 'sha256';

interface TlsRecord {
  readonly type: number;
  readonly header: Uint8Array;
  readonly body: Uint8Array;
}

/** TLS records. RFC 9846 §5.1 */
function recordsOf(stream: Uint8Array): TlsRecord[] {
  const records: TlsRecord[] = [];
  for (let at = 0; at + 5 <= stream.length; ) {
    const header = stream.subarray(at, at + 5);
    const end = at + 5 + (((header[3] as number) << 8) | (header[4] as number));
    records.push({ type: header[0] as number, header, body: stream.subarray(at + 5, end) });
    at = end;
  }
  return records;
}

/** The application data of the server: key schedule of RFC 9846 §7.1 with zeros for the shared secret. */
function readWithPsk(psk: Uint8Array, up: Uint8Array, down: Uint8Array): string {
  const [clientHello] = recordsOf(up);
  const [serverHello, ...rest] = recordsOf(down);
  if (clientHello === undefined || serverHello === undefined) return '';
  let transcript = concatBytes(clientHello.body, serverHello.body);
  const handshake = pskOnlyHandshakeSecret(psk);
  let keys = new RecordKeys(expand(handshake, 's hs traffic', crypto.hash(HASH, transcript)));
  let text = '';
  for (const record of rest) {
    if (record.type !== APPLICATION_DATA) continue;
    const plain = keys.open(record);
    if (plain === undefined) return text;
    if (plain.type === APPLICATION_DATA) text += Buffer.from(plain.content).toString();
    if (plain.type !== HANDSHAKE || keys.isApplication) continue;
    transcript = concatBytes(transcript, plain.content);
    if (!endsWithFinished(plain.content)) continue;
    const derived = expand(handshake, 'derived', crypto.hash(HASH, new Uint8Array()));
    const main = hkdfExtract(crypto, HASH, derived, new Uint8Array(32));
    keys = new RecordKeys(expand(main, 's ap traffic', crypto.hash(HASH, transcript)), true);
  }
  return text;
}

function endsWithFinished(messages: Uint8Array): boolean {
  let last = 0;
  for (let at = 0; at + 4 <= messages.length; ) {
    last = messages[at] as number;
    at += 4 + (((messages[at + 2] as number) << 8) | (messages[at + 3] as number));
  }
  return last === FINISHED;
}

/** Opens the records of one sender and epoch. RFC 9846 §5.2, §5.3 */
class RecordKeys {
  readonly isApplication: boolean;
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;
  #sequence = 0;

  constructor(secret: Uint8Array, isApplication = false) {
    this.isApplication = isApplication;
    this.#key = expand(secret, 'key', new Uint8Array(), 16);
    this.#iv = expand(secret, 'iv', new Uint8Array(), 12);
  }

  open({ header, body }: TlsRecord) {
    const nonce = this.#iv.slice();
    nonce[11] = (nonce[11] as number) ^ this.#sequence;
    this.#sequence += 1;
    const decipher = createDecipheriv('aes-128-gcm', this.#key, nonce);
    decipher.setAAD(header);
    decipher.setAuthTag(body.subarray(-16));
    try {
      const inner = concatBytes(decipher.update(body.subarray(0, -16)), decipher.final());
      let end = inner.length - 1;
      while (end > 0 && inner[end] === 0) end -= 1;
      return { type: inner[end] as number, content: inner.subarray(0, end) };
    } catch {
      // The keys do not fit: the exchange was not psk_ke.
      return undefined;
    }
  }
}

function expand(secret: Uint8Array, label: string, context: Uint8Array, length = 32): Uint8Array {
  return hkdfExpandLabel(crypto, HASH, secret, label, context, length);
}
