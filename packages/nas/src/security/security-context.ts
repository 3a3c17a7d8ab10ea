import type { CryptoProvider } from '@mpquic/crypto';
import { concatBytes, UsageError, wipe } from '@mpquic/wire';
import { type Access, NAS_CONNECTION_ID } from '../access.ts';
import type { SelectedAlgorithms } from '../elements/security.ts';
import { NasDecodeError } from '../errors.ts';
import {
  type AlgorithmInput,
  type Direction,
  EncryptionAlgorithm,
  IntegrityAlgorithm,
  nea2,
  nia2,
} from './algorithms.ts';
import { NAS_COUNT_LIMIT, NasCounts } from './nas-count.ts';
import {
  isCiphered,
  readProtectedMessage,
  SecurityHeaderType,
  writeProtectedMessage,
} from './protected-message.ts';

export interface NasSecurityOptions {
  readonly provider: CryptoProvider;
  /** Which end this is: the UE sends uplink. */
  readonly role: 'ue' | 'network';
  /** NEA0 or NEA2, NIA0 or NIA2. */
  readonly algorithms: SelectedAlgorithms;
  /** K_NASenc, 16 octets; copied. */
  readonly encryptionKey: Uint8Array;
  /** K_NASint, 16 octets; copied. */
  readonly integrityKey: Uint8Array;
  /** COUNTs to go on with where algorithms change under one K_AMF. */
  readonly counts?: { readonly [A in Access]: NasCounts };
}

/** A message with its NAS COUNT, which derivations may use (TS 33.501 A.9). */
export interface SentMessage {
  readonly bytes: Uint8Array;
  /** 24 bits. */
  readonly count: number;
}

export interface ReceivedMessage {
  /** The plain 5GMM message. */
  readonly plain: Uint8Array;
  readonly headerType: SecurityHeaderType;
  /** 24 bits. */
  readonly count: number;
}

/** Why a protected message is discarded. */
export type Discarded =
  | 'malformed'
  | 'notProtected'
  | 'macMismatch'
  | 'replayed'
  | 'countExhausted';

/** A current 5G NAS security context: keys, algorithms, and NAS COUNTs per access. TS 33.501 §6.4 */
export class NasSecurityContext {
  readonly algorithms: SelectedAlgorithms;
  readonly counts: { readonly [A in Access]: NasCounts };
  readonly #provider: CryptoProvider;
  readonly #sends: Direction;
  readonly #encryptionKey: Uint8Array;
  readonly #integrityKey: Uint8Array;
  #disposed = false;

  /** @throws {UsageError} on an algorithm that is not implemented or a key of other length */
  constructor(options: NasSecurityOptions) {
    const { encryption, integrity } = options.algorithms;
    if (!isOneOf(EncryptionAlgorithm, encryption) || !isOneOf(IntegrityAlgorithm, integrity)) {
      throw new UsageError(`5G-EA${encryption} with 5G-IA${integrity} is not implemented`);
    }
    if (options.encryptionKey.length !== 16 || options.integrityKey.length !== 16) {
      throw new UsageError('NAS keys have 16 octets');
    }
    this.algorithms = options.algorithms;
    this.counts = options.counts ?? { '3gpp': new NasCounts(), 'non-3gpp': new NasCounts() };
    this.#provider = options.provider;
    this.#sends = options.role === 'ue' ? 0 : 1;
    this.#encryptionKey = options.encryptionKey.slice();
    this.#integrityKey = options.integrityKey.slice();
  }

  /**
   * Protects a plain 5GMM message and takes the next NAS COUNT of the access.
   * @throws {NasCountExhausted}
   */
  protect(plain: Uint8Array, headerType: SecurityHeaderType, access: Access): SentMessage {
    this.#assertAlive();
    if (headerType === SecurityHeaderType.plain) throw new UsageError('plain is no protection');
    const count = this.counts[access].takeSent();
    const input = { count, bearer: NAS_CONNECTION_ID[access], direction: this.#sends };
    const payload = isCiphered(headerType) ? this.#cipher(input, plain) : plain;
    const authenticated = concatBytes(Uint8Array.of(count & 0xff), payload);
    const bytes = writeProtectedMessage(headerType, this.#mac(input, authenticated), authenticated);
    return { bytes, count };
  }

  /**
   * Verifies and deciphers a protected message. A COUNT is accepted once and only in rising order
   * (TS 33.501 §6.4.3.2), except with NIA0, which protects nothing; a refused message changes nothing.
   */
  unprotect(bytes: Uint8Array, access: Access): ReceivedMessage | Discarded {
    this.#assertAlive();
    const message = readOrUndefined(bytes);
    if (message === 'malformed' || message === 'notProtected') return message;
    const counts = this.counts[access];
    const direction: Direction = this.#sends === 0 ? 1 : 0;
    const input = (count: number): AlgorithmInput => ({
      count,
      bearer: NAS_CONNECTION_ID[access],
      direction,
    });
    const verifies = (count: number): boolean =>
      this.#provider.equal(this.#mac(input(count), message.authenticated), message.mac);
    const count =
      this.algorithms.integrity === IntegrityAlgorithm.nia0
        ? counts.nearestReceived(message.sequenceNumber)
        : counts.estimateReceived(message.sequenceNumber);
    const exhausted = count >= NAS_COUNT_LIMIT;
    if (exhausted || !verifies(count)) {
      const older = count - 256;
      if (older >= 0 && verifies(older)) return 'replayed';
      return exhausted ? 'countExhausted' : 'macMismatch';
    }
    counts.accept(count);
    const { headerType, payload } = message;
    const plain = isCiphered(headerType) ? this.#cipher(input(count), payload) : payload;
    return { plain, headerType, count };
  }

  /**
   * NAS MAC of what a handover tells the UE, 4 octets: with COUNT 2^32-1, which is no COUNT and leaves all COUNTs
   * as they are. TS 33.501 §6.9.2.3.3
   */
  handoverMac(authenticated: Uint8Array): Uint8Array {
    this.#assertAlive();
    const input = { count: 0xffff_ffff, bearer: NAS_CONNECTION_ID['3gpp'], direction: 1 } as const;
    return this.#mac(input, authenticated);
  }

  /** Wipes the keys; no call may follow. */
  dispose(): void {
    this.#disposed = true;
    wipe(this.#encryptionKey, this.#integrityKey);
  }

  #assertAlive(): void {
    if (this.#disposed) throw new UsageError('the NAS security context was disposed of');
  }

  #cipher(input: AlgorithmInput, message: Uint8Array): Uint8Array {
    if (this.algorithms.encryption === EncryptionAlgorithm.nea0) return message;
    return nea2(this.#provider, this.#encryptionKey, input, message);
  }

  #mac(input: AlgorithmInput, message: Uint8Array): Uint8Array {
    if (this.algorithms.integrity === IntegrityAlgorithm.nia0) return new Uint8Array(4);
    return nia2(this.#provider, this.#integrityKey, input, message);
  }
}

function isOneOf(table: Readonly<Record<string, number>>, value: number): boolean {
  return Object.values(table).includes(value);
}

function readOrUndefined(
  bytes: Uint8Array,
): Exclude<ReturnType<typeof readProtectedMessage>, undefined> | 'malformed' | 'notProtected' {
  try {
    return readProtectedMessage(bytes) ?? 'notProtected';
  } catch (error) {
    if (error instanceof NasDecodeError) return 'malformed';
    throw error;
  }
}
