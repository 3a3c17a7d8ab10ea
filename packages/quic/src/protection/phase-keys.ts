import type { CryptoProvider, PacketOpener, PacketSealer } from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';
import type { QuicVersion } from '../wire/versions.ts';
import { derivePacketKeys, nextTrafficSecret } from './key-derivation.ts';
import type { ProtectionSuite } from './suites.ts';

/** A traffic secret that moves from phase to phase; the header protection key stays. RFC 9001 §6.1 */
class SecretChain {
  readonly #crypto: CryptoProvider;
  readonly #version: QuicVersion;
  readonly #suite: ProtectionSuite;
  /** That of the first phase, which stays. */
  #headerProtectionKey: Uint8Array | undefined;
  #secret: Uint8Array;

  constructor(
    crypto: CryptoProvider,
    version: QuicVersion,
    suite: ProtectionSuite,
    secret: Uint8Array,
  ) {
    this.#crypto = crypto;
    this.#version = version;
    this.#suite = suite;
    this.#secret = secret;
  }

  /** Makes the sealer or opener of this phase, and steps on to the next. */
  take<T>(create: (keys: Parameters<CryptoProvider['createSealer']>[0]) => T): T {
    const secret = this.#secret;
    const derived = derivePacketKeys(this.#crypto, this.#version, this.#suite, secret);
    this.#headerProtectionKey ??= derived.headerProtectionKey.slice();
    const made = create({ ...derived, headerProtectionKey: this.#headerProtectionKey });
    wipe(derived.key, derived.iv, derived.headerProtectionKey);
    this.#secret = nextTrafficSecret(this.#crypto, this.#version, this.#suite, secret);
    wipe(secret);
    return made;
  }

  dispose(): void {
    wipe(this.#secret);
    if (this.#headerProtectionKey !== undefined) wipe(this.#headerProtectionKey);
  }
}

/** The keys that open 1-RTT packets. The next ones are made when they are first asked for, and kept. */
export class ReadKeys {
  readonly #crypto: CryptoProvider;
  readonly #chain: SecretChain;
  #previous: PacketOpener | undefined;
  #current: PacketOpener;
  #next: PacketOpener | undefined;

  /** Takes over the secret. */
  constructor(
    crypto: CryptoProvider,
    version: QuicVersion,
    suite: ProtectionSuite,
    secret: Uint8Array,
  ) {
    this.#crypto = crypto;
    this.#chain = new SecretChain(crypto, version, suite, secret);
    this.#current = this.#take();
  }

  get previous(): PacketOpener | undefined {
    return this.#previous;
  }

  get current(): PacketOpener {
    return this.#current;
  }

  get next(): PacketOpener {
    this.#next ??= this.#take();
    return this.#next;
  }

  /** The next keys become current, the current ones previous. */
  advance(): void {
    this.#previous?.dispose();
    this.#previous = this.#current;
    this.#current = this.next;
    this.#next = undefined;
  }

  discardPrevious(): void {
    this.#previous?.dispose();
    this.#previous = undefined;
  }

  dispose(): void {
    this.discardPrevious();
    this.#current.dispose();
    this.#next?.dispose();
    this.#chain.dispose();
  }

  #take(): PacketOpener {
    return this.#chain.take((keys) => this.#crypto.createOpener(keys));
  }
}

/** The keys that seal 1-RTT packets. */
export class WriteKeys {
  readonly #crypto: CryptoProvider;
  readonly #chain: SecretChain;
  #sealer: PacketSealer;

  /** Takes over the secret. */
  constructor(
    crypto: CryptoProvider,
    version: QuicVersion,
    suite: ProtectionSuite,
    secret: Uint8Array,
  ) {
    this.#crypto = crypto;
    this.#chain = new SecretChain(crypto, version, suite, secret);
    this.#sealer = this.#take();
  }

  get sealer(): PacketSealer {
    return this.#sealer;
  }

  /** Old keys for sealing are discarded at once. RFC 9001 §6.4 */
  advance(): void {
    this.#sealer.dispose();
    this.#sealer = this.#take();
  }

  dispose(): void {
    this.#sealer.dispose();
    this.#chain.dispose();
  }

  #take(): PacketSealer {
    return this.#chain.take((keys) => this.#crypto.createSealer(keys));
  }
}
