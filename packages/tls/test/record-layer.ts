/** TLS 1.3's record layer, for tests against other stacks over a byte stream. RFC 9846 §5 */
import assert from 'node:assert/strict';
import { type AeadName, nodeCryptoProvider as crypto, hkdfExpandLabel } from '@mpquic/crypto';
import { concatBytes, toHex, utf8 } from '@mpquic/wire';
import {
  CIPHER_SUITES,
  type EncryptionLevel,
  type ExternalPsk,
  type Handshake,
  type HandshakeEvent,
  type HandshakeSummary,
  type SessionTicket,
  TlsAlert,
} from '../src/index.ts';

const ContentType = { change_cipher_spec: 20, alert: 21, handshake: 22, application_data: 23 };
const FATAL = 2;

/** One direction under one traffic secret. */
class RecordKeys {
  readonly #aead: AeadName;
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;
  #sequence = 0;

  constructor(event: Extract<HandshakeEvent, { type: 'secret' }>) {
    const { aead, hash } = CIPHER_SUITES[event.cipherSuite];
    const expand = (label: string, length: number): Uint8Array =>
      hkdfExpandLabel(crypto, hash, event.secret, label, new Uint8Array(0), length);
    this.#aead = aead;
    this.#key = expand('key', aead === 'aes-128-gcm' ? 16 : 32);
    this.#iv = expand('iv', 12);
  }

  seal(type: number, content: Uint8Array): Uint8Array {
    const inner = concatBytes(content, Uint8Array.of(type));
    const header = recordHeader(ContentType.application_data, inner.length + 16);
    return concatBytes(
      header,
      crypto.aeadSeal(this.#aead, this.#key, this.#nonce(), header, inner),
    );
  }

  open(header: Uint8Array, sealed: Uint8Array): { type: number; content: Uint8Array } {
    const inner = crypto.aeadOpen(this.#aead, this.#key, this.#nonce(), header, sealed);
    assert.ok(inner !== undefined, 'the record authenticates');
    let end = inner.length;
    while (inner[end - 1] === 0) end--;
    return { type: inner[end - 1] as number, content: inner.subarray(0, end - 1) };
  }

  #nonce(): Uint8Array {
    const nonce = this.#iv.slice();
    for (let i = 0, rest = this.#sequence++; i < 4; i++, rest = Math.floor(rest / 256)) {
      nonce[11 - i] = (nonce[11 - i] as number) ^ (rest & 0xff);
    }
    return nonce;
  }
}

/** A handshake and then application data over a byte stream. */
export class TlsStream {
  readonly keyLog: string[] = [];
  /** Application data that came. */
  received: Uint8Array = new Uint8Array(0);
  summary: HandshakeSummary | undefined;
  readonly tickets: SessionTicket[] = [];
  /** The alert that came. */
  alert: number | undefined;
  /** Why the handshake failed here; the peer was told. */
  failure: TlsAlert | undefined;
  /** Messages sent in the clear: two after a HelloRetryRequest. */
  hellosSent = 0;
  readonly #handshake: Handshake;
  readonly #psks: readonly ExternalPsk[];
  readonly #write: (bytes: Uint8Array) => void;
  #pending: Uint8Array = new Uint8Array(0);
  #readKeys: RecordKeys | undefined;
  #writeKeys: RecordKeys | undefined;
  #readLevel: EncryptionLevel = 'initial';

  /** @param psks those that a server knows, by their identities */
  constructor(
    handshake: Handshake,
    psks: readonly ExternalPsk[],
    write: (bytes: Uint8Array) => void,
  ) {
    this.#handshake = handshake;
    this.#psks = psks;
    this.#write = write;
  }

  start(): void {
    this.#handshake.start();
    this.#drain();
  }

  send(text: string): void {
    this.#writeRecord(ContentType.application_data, utf8(text));
  }

  receive(bytes: Uint8Array): void {
    this.#pending = concatBytes(this.#pending, bytes);
    while (this.#pending.length >= 5) {
      const length = ((this.#pending[3] as number) << 8) | (this.#pending[4] as number);
      if (this.#pending.length < 5 + length) return;
      const header = this.#pending.slice(0, 5);
      const body = this.#pending.slice(5, 5 + length);
      this.#pending = this.#pending.slice(5 + length);
      this.#receiveRecord(header, body);
    }
  }

  #receiveRecord(header: Uint8Array, body: Uint8Array): void {
    if (header[0] === ContentType.change_cipher_spec) return;
    const { type, content } =
      header[0] === ContentType.application_data && this.#readKeys !== undefined
        ? this.#readKeys.open(header, body)
        : { type: header[0], content: body };
    if (type === ContentType.handshake) {
      this.#receiveHandshake(content);
    } else if (type === ContentType.application_data) {
      this.received = concatBytes(this.received, content);
    } else {
      this.alert = content[1];
    }
  }

  #receiveHandshake(content: Uint8Array): void {
    try {
      this.#handshake.receive(this.#readLevel, content);
      this.#drain();
    } catch (error) {
      if (!(error instanceof TlsAlert)) throw error;
      this.failure = error;
      this.#drain();
      this.#writeRecord(ContentType.alert, Uint8Array.of(FATAL, error.alert));
    }
  }

  #drain(): void {
    for (;;) {
      const event = this.#handshake.nextEvent();
      if (event === undefined) return;
      this.#take(event);
    }
  }

  #take(event: HandshakeEvent): void {
    if (event.type === 'send') {
      if (event.level === 'initial') this.hellosSent += 1;
      this.#writeRecord(ContentType.handshake, event.data);
    } else if (event.type === 'key_log') this.keyLog.push(event.line);
    else if (event.type === 'complete') this.summary = event.summary;
    else if (event.type === 'session_ticket') this.tickets.push(event.ticket);
    else if (event.type === 'psk_lookup') this.#answer(event.lookup.identities);
    else if (event.type === 'secret') this.#install(event);
  }

  #answer(identities: readonly Uint8Array[]): void {
    const found = identities.map((identity) =>
      this.#psks.find((psk) => toHex(psk.identity) === toHex(identity)),
    );
    this.#handshake.answerPskLookup(found);
  }

  #install(event: Extract<HandshakeEvent, { type: 'secret' }>): void {
    if (event.direction === 'write') {
      this.#writeKeys = new RecordKeys(event);
      return;
    }
    this.#readKeys = new RecordKeys(event);
    this.#readLevel = event.level;
  }

  #writeRecord(type: number, content: Uint8Array): void {
    this.#write(
      this.#writeKeys?.seal(type, content) ??
        concatBytes(recordHeader(type, content.length), content),
    );
  }
}

function recordHeader(type: number, length: number): Uint8Array {
  return Uint8Array.of(type, 3, 3, length >>> 8, length);
}
