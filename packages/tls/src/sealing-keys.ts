import { AEAD_IV_LENGTH, type CryptoProvider } from '@mpquic/crypto';
import { concatBytes, equalBytes, utf8, wipe } from '@mpquic/wire';

/** What is sealed; one cannot be opened as the other. */
export type SealedKind = 'ticket' | 'cookie';

export interface SealingKeysOptions {
  readonly crypto: CryptoProvider;
  /** Milliseconds since 1970. */
  readonly currentTime: () => number;
  /** How long one key seals, in milliseconds; it opens for as long again. Default 1 day. */
  readonly generationTime?: number;
}

interface Generation {
  /** Tells generations apart on the wire: 8 octets. */
  readonly name: Uint8Array;
  readonly key: Uint8Array;
  readonly born: number;
}

/**
 * Keys by which a server keeps its state at its clients: AES-256-GCM, of which the current generation
 * seals and the one before still opens. Several handshakes share one object; endpoints that are to
 * understand each other's tickets share it too.
 */
export class SealingKeys {
  readonly currentTime: () => number;
  readonly #crypto: CryptoProvider;
  readonly #generationTime: number;
  #current: Generation;
  #previous: Generation | undefined;

  constructor(options: SealingKeysOptions) {
    this.#crypto = options.crypto;
    this.currentTime = options.currentTime;
    this.#generationTime = options.generationTime ?? ONE_DAY;
    this.#current = this.#generate();
  }

  /** Key name (8) || nonce (12) || ciphertext and tag. It opens under the same scope only. */
  seal(kind: SealedKind, content: Uint8Array, scope = ''): Uint8Array {
    this.#rotateInTime();
    const nonce = this.#crypto.random.fill(new Uint8Array(AEAD_IV_LENGTH));
    const { name, key } = this.#current;
    const sealed = this.#crypto.aeadSeal('aes-256-gcm', key, nonce, utf8(kind + scope), content);
    return concatBytes(name, nonce, sealed);
  }

  /** Undefined for what was not sealed here, as this kind, by a generation that still lives. */
  open(kind: SealedKind, bytes: Uint8Array, scope = ''): Uint8Array | undefined {
    this.#rotateInTime();
    const name = bytes.subarray(0, NAME_LENGTH);
    const generation = [this.#current, this.#previous].find(
      (candidate) => candidate !== undefined && equalBytes(candidate.name, name),
    );
    if (generation === undefined) return undefined;
    const nonce = bytes.subarray(NAME_LENGTH, HEADER_LENGTH);
    if (nonce.length < AEAD_IV_LENGTH) return undefined;
    const sealed = bytes.subarray(HEADER_LENGTH);
    const bound = utf8(kind + scope);
    return this.#crypto.aeadOpen('aes-256-gcm', generation.key, nonce, bound, sealed);
  }

  /** Begins a new generation and wipes the one before the current. */
  rotate(): void {
    if (this.#previous !== undefined) wipe(this.#previous.key);
    this.#previous = this.#current;
    this.#current = this.#generate();
  }

  dispose(): void {
    wipe(this.#current.key);
    if (this.#previous !== undefined) wipe(this.#previous.key);
    this.#previous = undefined;
    this.#current = this.#generate();
  }

  #rotateInTime(): void {
    const age = this.currentTime() - this.#current.born;
    if (age < this.#generationTime) return;
    this.rotate();
    // The one before was not needed for so long that its time to open is over too.
    if (age >= 2 * this.#generationTime) this.rotate();
  }

  #generate(): Generation {
    return {
      name: this.#crypto.random.fill(new Uint8Array(NAME_LENGTH)),
      key: this.#crypto.random.fill(new Uint8Array(32)),
      born: this.currentTime(),
    };
  }
}

const NAME_LENGTH = 8;
const HEADER_LENGTH = NAME_LENGTH + AEAD_IV_LENGTH;
const ONE_DAY = 24 * 3600 * 1000;
