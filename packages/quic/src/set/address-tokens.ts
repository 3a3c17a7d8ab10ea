import type { CryptoProvider } from '@mpquic/crypto';
import {
  type Address,
  type Duration,
  type Instant,
  type Random,
  readUint32,
  toHex,
  UsageError,
  writeUint32,
} from '@mpquic/wire';
import { MAX_CONNECTION_ID_LENGTH } from '../wire/connection-id-codecs.ts';
import type { QuicVersion } from '../wire/versions.ts';

/** How a token was given; its first octet, since both kinds come back alike. RFC 9000 §8.1.1 */
export const TokenKind = { retry: 1, newToken: 2 } as const;
export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind];

/** A Retry is answered at once. RFC 9000 §8.1.3 */
const RETRY_LIFETIME: Duration = 10_000_000;

/** A token of NEW_TOKEN serves later connections; keys authenticate for as long, and check for as long again. */
const NEW_TOKEN_LIFETIME: Duration = 24 * 3_600_000_000;

/**
 * What the time of issue is rounded down to: whoever sees a token of NEW_TOKEN come back must not learn from it on
 * which connection it was given. RFC 9000 §8.1.3
 */
const RETRY_GRAIN: Duration = RETRY_LIFETIME / 10;
const NEW_TOKEN_GRAIN: Duration = NEW_TOKEN_LIFETIME / 24;

/** Tokens of NEW_TOKEN frames that came back, remembered under one key; beyond, none is accepted. */
const USED_LIMIT = 65_536;

const NONCE_START = 2;
const NONCE_LENGTH = 12;
const TIME_START: number = NONCE_START + NONCE_LENGTH;
const HEADER_LENGTH: number = TIME_START + 4;
/** Of HMAC-SHA256, cut off. RFC 2104 §5 */
const MAC_LENGTH = 16;
const LONGEST_TOKEN: number = HEADER_LENGTH + MAX_CONNECTION_ID_LENGTH + MAC_LENGTH;
/** What a token is bound to, as text: an IP address takes most of it. */
const LONGEST_BINDING = 128;

interface Generation {
  /** Second octet of the tokens authenticated with it. */
  readonly number: number;
  /** 32 octets. */
  readonly key: Uint8Array;
  readonly born: Instant;
  /** Nonces of the tokens that came back. */
  readonly used: Set<string>;
}

/**
 * Tokens by which clients show that they own their addresses, authenticated by HMAC-SHA256 under keys that
 * rotate: kind (1) || generation (1) || nonce (12) || time of issue (4) || content || MAC (16). Nothing in them is
 * a secret. They are bound to the client's host and the version of QUIC, those of Retry to its port and to the new
 * connection ID as well. RFC 9000 §8.1.4
 */
export class AddressTokens {
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  /** What the MAC covers, and the MAC: length of the binding (1) || binding || token. */
  readonly #memory: Uint8Array = new Uint8Array(1 + LONGEST_BINDING + LONGEST_TOKEN);
  #current: Generation | undefined;
  #previous: Generation | undefined;

  constructor(crypto: CryptoProvider, random: Random) {
    this.#crypto = crypto;
    this.#random = random;
  }

  /** For a Retry whose Source Connection ID is `source`, to an Initial sent to `original`. */
  issueRetry(
    remote: Address,
    original: Uint8Array,
    source: Uint8Array,
    version: QuicVersion,
    now: Instant,
  ): Uint8Array {
    const start = this.#bind(retryBinding(remote, version), source);
    return this.#issue(TokenKind.retry, original, start, RETRY_GRAIN, now);
  }

  /** The connection ID that the first Initial was sent to; undefined where the token is not valid here and now. */
  checkRetry(
    token: Uint8Array,
    remote: Address,
    source: Uint8Array,
    version: QuicVersion,
    now: Instant,
  ): Uint8Array | undefined {
    if (token[0] !== TokenKind.retry) return undefined;
    const start = this.#bind(retryBinding(remote, version), source);
    if (this.#check(token, start, RETRY_LIFETIME, RETRY_GRAIN, now) === undefined) {
      return undefined;
    }
    return token.slice(HEADER_LENGTH, token.length - MAC_LENGTH);
  }

  /** For a NEW_TOKEN frame to the client at `remote`, whose port may be another next time. */
  issueNewToken(remote: Address, version: QuicVersion, now: Instant): Uint8Array {
    const start = this.#bind(newTokenBinding(remote, version), NO_OCTETS);
    return this.#issue(TokenKind.newToken, NO_OCTETS, start, NEW_TOKEN_GRAIN, now);
  }

  /** Whether a token shows the client's address. It does so once. RFC 9000 §8.1.4 */
  useNewToken(token: Uint8Array, remote: Address, version: QuicVersion, now: Instant): boolean {
    if (token[0] !== TokenKind.newToken) return false;
    const start = this.#bind(newTokenBinding(remote, version), NO_OCTETS);
    const generation = this.#check(token, start, NEW_TOKEN_LIFETIME, NEW_TOKEN_GRAIN, now);
    if (generation === undefined) return false;
    const { used } = generation;
    const nonce = toHex(token.subarray(NONCE_START, TIME_START));
    if (used.has(nonce) || used.size >= USED_LIMIT) return false;
    used.add(nonce);
    return true;
  }

  /** Writes what a token is bound to; returns where the token goes. The binding tells its own length. */
  #bind(text: string, connectionId: Uint8Array): number {
    const memory = this.#memory;
    const length = text.length + connectionId.length;
    if (length > LONGEST_BINDING) throw new UsageError('an address is too long for a token');
    memory[0] = length;
    for (let i = 0; i < text.length; i++) memory[1 + i] = text.charCodeAt(i);
    memory.set(connectionId, 1 + text.length);
    return 1 + length;
  }

  #issue(
    kind: TokenKind,
    content: Uint8Array,
    start: number,
    grain: Duration,
    now: Instant,
  ): Uint8Array {
    const memory = this.#memory;
    const { number, key } = this.#generation(now);
    const behind = start + HEADER_LENGTH + content.length;
    memory[start] = kind;
    memory[start + 1] = number;
    this.#random.fill(memory.subarray(start + NONCE_START, start + TIME_START));
    writeUint32(memory, start + TIME_START, Math.floor(now / grain));
    memory.set(content, start + HEADER_LENGTH);
    memory.set(this.#authenticate(key, behind), behind);
    return memory.slice(start, behind + MAC_LENGTH);
  }

  /** The generation of a token that is valid here and now. */
  #check(
    token: Uint8Array,
    start: number,
    lifetime: Duration,
    grain: Duration,
    now: Instant,
  ): Generation | undefined {
    const length = token.length - MAC_LENGTH;
    if (length < HEADER_LENGTH || token.length > LONGEST_TOKEN) return undefined;
    const current = this.#generation(now);
    const generation = [current, this.#previous].find((one) => one?.number === token[1]);
    if (generation === undefined) return undefined;
    this.#memory.set(token, start);
    const mac = this.#authenticate(generation.key, start + length);
    if (!this.#crypto.equal(mac, token.subarray(length))) return undefined;
    return now - grain * readUint32(token, TIME_START) > lifetime ? undefined : generation;
  }

  /** Of the octets up to `end`. */
  #authenticate(key: Uint8Array, end: number): Uint8Array {
    return this.#crypto.hmac('sha256', key, this.#memory.subarray(0, end), MAC_LENGTH);
  }

  /** The key of tokens that are given now. The one before serves until its last token is too old. */
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
function newTokenBinding({ host }: Address, version: QuicVersion): string {
  return `${version.name} ${host}`;
}

/** The connection ID goes with it. */
function retryBinding({ host, port }: Address, version: QuicVersion): string {
  return `${version.name} ${host} ${port} `;
}

const NO_OCTETS = new Uint8Array();
