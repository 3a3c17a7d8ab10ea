import type {
  CryptoProvider,
  PacketKeyDerivation,
  PacketOpener,
  PacketSealer,
} from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';
import type { QuicVersion } from '../wire/versions.ts';
import { nextTrafficSecret, packetKeyDerivation } from './key-derivation.ts';
import type { ProtectionSuite } from './suites.ts';

/** The traffic secret of one direction, which moves from phase to phase. RFC 9001 §6.1 */
class SecretChain {
  readonly #crypto: CryptoProvider;
  readonly #version: QuicVersion;
  readonly #suite: ProtectionSuite;
  #secret: Uint8Array;

  /** Takes over the secret of the first phase. */
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

  sealer(before?: PacketSealer): PacketSealer {
    return this.#crypto.deriveSealer(this.#derivation(), this.#secret, before);
  }

  opener(before?: PacketOpener): PacketOpener {
    return this.#crypto.deriveOpener(this.#derivation(), this.#secret, before);
  }

  advance(): void {
    const secret = this.#secret;
    this.#secret = nextTrafficSecret(this.#crypto, this.#version, this.#suite, secret);
    wipe(secret);
  }

  dispose(): void {
    wipe(this.#secret);
  }

  #derivation(): PacketKeyDerivation {
    return packetKeyDerivation(this.#version, this.#suite);
  }
}

/** The keys that open 1-RTT packets. The next ones are made when they are first asked for, and kept. */
export class ReadKeys {
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
    this.#chain = new SecretChain(crypto, version, suite, secret);
    this.#current = this.#chain.opener();
  }

  get previous(): PacketOpener | undefined {
    return this.#previous;
  }

  get current(): PacketOpener {
    return this.#current;
  }

  get next(): PacketOpener {
    if (this.#next === undefined) {
      this.#chain.advance();
      this.#next = this.#chain.opener(this.#current);
    }
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
}

/** The keys that seal 1-RTT packets. */
export class WriteKeys {
  readonly #chain: SecretChain;
  #sealer: PacketSealer;

  /** Takes over the secret. */
  constructor(
    crypto: CryptoProvider,
    version: QuicVersion,
    suite: ProtectionSuite,
    secret: Uint8Array,
  ) {
    this.#chain = new SecretChain(crypto, version, suite, secret);
    this.#sealer = this.#chain.sealer();
  }

  get sealer(): PacketSealer {
    return this.#sealer;
  }

  /** Old keys for sealing are discarded at once. RFC 9001 §6.4 */
  advance(): void {
    this.#chain.advance();
    const before = this.#sealer;
    this.#sealer = this.#chain.sealer(before);
    before.dispose();
  }

  dispose(): void {
    this.#sealer.dispose();
    this.#chain.dispose();
  }
}
