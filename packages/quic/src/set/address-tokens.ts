import { AEAD_IV_LENGTH, type CryptoProvider } from '@mpquic/crypto';
import {
  type Address,
  ByteReader,
  ByteWriter,
  concatBytes,
  type Duration,
  type Instant,
  type Random,
  toHex,
  utf8,
} from '@mpquic/wire';
import type { QuicVersion } from '../wire/versions.ts';

/** How a token was given; its first octet, since both kinds come back alike. RFC 9000 §8.1.1 */
export const TokenKind = { retry: 1, newToken: 2 } as const;
export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind];

/** A Retry is answered at once. RFC 9000 §8.1.3 */
const RETRY_LIFETIME: Duration = 10_000_000;

/** A token of NEW_TOKEN serves later connections; keys seal for as long, and open for as long again. */
const NEW_TOKEN_LIFETIME: Duration = 24 * 3_600_000_000;

/** Tokens of NEW_TOKEN frames that came back, remembered under one key; beyond, none is accepted. */
const USED_LIMIT = 65_536;

const HEADER_LENGTH = 2 + AEAD_IV_LENGTH;

interface Generation {
  /** Second octet of the tokens sealed with it. */
  readonly number: number;
  /** 32 octets. */
  readonly key: Uint8Array;
  readonly born: Instant;
  /** Nonces of the tokens that came back. */
  readonly used: Set<string>;
}

/**
 * Tokens by which clients show that they own their addresses, sealed with AES-256-GCM under keys that
 * rotate: kind (1) || generation (1) || nonce (12) || sealed (time of issue || content). They are bound
 * to the client's host and the version of QUIC, those of Retry to its port and to the new connection ID as well. RFC 9000 §8.1.4
 */
export class AddressTokens {
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  #current: Generation | undefined;
  #previous: Generation | undefined;

  constructor(crypto: CryptoProvider, random: Random) {
    this.#crypto = crypto;
    this.#random = random;
  }

  /** For a Retry whose Source Connection ID is `source`, to an Initial sent to `original`. */
  sealRetry(
    remote: Address,
    original: Uint8Array,
    source: Uint8Array,
    version: QuicVersion,
    now: Instant,
  ): Uint8Array {
    return this.#seal(TokenKind.retry, retryBinding(remote, source, version), original, now);
  }

  /** The connection ID that the first Initial was sent to; undefined where the token is not valid here and now. */
  openRetry(
    token: Uint8Array,
    remote: Address,
    source: Uint8Array,
    version: QuicVersion,
    now: Instant,
  ): Uint8Array | undefined {
    const binding = retryBinding(remote, source, version);
    return this.#open(TokenKind.retry, token, binding, RETRY_LIFETIME, now)?.content;
  }

  /** For a NEW_TOKEN frame to the client at `remote`, whose port may be another next time. */
  sealNewToken(remote: Address, version: QuicVersion, now: Instant): Uint8Array {
    return this.#seal(TokenKind.newToken, newTokenBinding(remote, version), new Uint8Array(), now);
  }

  /** Whether a token shows the client's address. It does so once. RFC 9000 §8.1.4 */
  useNewToken(token: Uint8Array, remote: Address, version: QuicVersion, now: Instant): boolean {
    const binding = newTokenBinding(remote, version);
    const opened = this.#open(TokenKind.newToken, token, binding, NEW_TOKEN_LIFETIME, now);
    if (opened === undefined) return false;
    const { used } = opened.generation;
    const nonce = toHex(token.subarray(2, HEADER_LENGTH));
    if (used.has(nonce) || used.size >= USED_LIMIT) return false;
    used.add(nonce);
    return true;
  }

  #seal(kind: TokenKind, binding: Uint8Array, content: Uint8Array, now: Instant): Uint8Array {
    const { number, key } = this.#generation(now);
    const head = new Uint8Array(HEADER_LENGTH);
    head[0] = kind;
    head[1] = number;
    const nonce = this.#random.fill(head.subarray(2));
    const plaintext = new ByteWriter(32).varint(Math.floor(now)).bytes(content).finish();
    const bound = concatBytes(head.subarray(0, 2), binding);
    return concatBytes(head, this.#crypto.aeadSeal('aes-256-gcm', key, nonce, bound, plaintext));
  }

  #open(
    kind: TokenKind,
    token: Uint8Array,
    binding: Uint8Array,
    lifetime: Duration,
    now: Instant,
  ): { readonly content: Uint8Array; readonly generation: Generation } | undefined {
    if (token.length < HEADER_LENGTH || token[0] !== kind) return undefined;
    const current = this.#generation(now);
    const generation = [current, this.#previous].find((one) => one?.number === token[1]);
    if (generation === undefined) return undefined;
    const nonce = token.subarray(2, HEADER_LENGTH);
    const bound = concatBytes(token.subarray(0, 2), binding);
    const sealed = token.subarray(HEADER_LENGTH);
    const { key } = generation;
    const plaintext = this.#crypto.aeadOpen('aes-256-gcm', key, nonce, bound, sealed);
    if (plaintext === undefined) return undefined;
    const reader = new ByteReader(plaintext);
    if (now - reader.varint() > lifetime) return undefined;
    return { content: reader.rest().slice(), generation };
  }

  /** The key that seals now. The one before opens until its last token is too old. */
  #generation(now: Instant): Generation {
    const current = this.#current;
    if (current !== undefined && now - current.born < NEW_TOKEN_LIFETIME) return current;
    this.#previous?.key.fill(0);
    this.#previous = current;
    this.#current = {
      number: ((current?.number ?? -1) + 1) & 0xff,
      key: this.#random.fill(new Uint8Array(32)),
      born: now,
      used: new Set(),
    };
    return this.#current;
  }
}

/** RFC 9369 §5: a token serves the version that it was issued in. */
function newTokenBinding({ host }: Address, version: QuicVersion): Uint8Array {
  return utf8(`${version.name} ${host}`);
}

function retryBinding(
  { host, port }: Address,
  source: Uint8Array,
  version: QuicVersion,
): Uint8Array {
  return concatBytes(utf8(`${version.name} ${host} ${port} `), source);
}
