import type { CryptoProvider, PacketOpener, PacketSealer } from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';
import type { PacketHeader } from '../wire/packet-header.ts';
import type { QuicVersion } from '../wire/versions.ts';
import { deriveInitialSecrets, packetKeyDerivation } from './key-derivation.ts';
import { decryptPacket, type OpenedPacket, unmaskPacket } from './packet-opening.ts';
import { INITIAL_SUITE, type ProtectionSuite } from './suites.ts';

/** The keys of Initial, Handshake or 0-RTT packets, which never change. RFC 9001 §5 */
export class LevelKeys {
  readonly #crypto: CryptoProvider;
  readonly #version: QuicVersion;
  #sealer: PacketSealer | undefined;
  #opener: PacketOpener | undefined;

  constructor(crypto: CryptoProvider, version: QuicVersion) {
    this.#crypto = crypto;
    this.#version = version;
  }

  /** Initial keys of both directions. RFC 9001 §5.2 */
  static initial(
    crypto: CryptoProvider,
    version: QuicVersion,
    role: 'client' | 'server',
    destination: Uint8Array,
  ): LevelKeys {
    const { client, server } = deriveInitialSecrets(crypto, version, destination);
    const keys = new LevelKeys(crypto, version);
    keys.installWrite(INITIAL_SUITE, role === 'client' ? client : server);
    keys.installRead(INITIAL_SUITE, role === 'client' ? server : client);
    return keys;
  }

  /** Takes over the secret, and wipes it. */
  installRead(suite: ProtectionSuite, secret: Uint8Array): void {
    this.#opener?.dispose();
    this.#opener = this.#crypto.deriveOpener(packetKeyDerivation(this.#version, suite), secret);
    wipe(secret);
  }

  /** Takes over the secret, and wipes it. */
  installWrite(suite: ProtectionSuite, secret: Uint8Array): void {
    this.#sealer?.dispose();
    this.#sealer = this.#crypto.deriveSealer(packetKeyDerivation(this.#version, suite), secret);
    wipe(secret);
  }

  /** Undefined before the secret for writing is there. */
  get sealer(): PacketSealer | undefined {
    return this.#sealer;
  }

  get canOpen(): boolean {
    return this.#opener !== undefined;
  }

  /**
   * Removes the protection of a packet, changing it in place; false where there are no keys or
   * authentication fails.
   * @param largestReceived of the packet number space, -1 where none
   * @throws {TransportError} PROTOCOL_VIOLATION on reserved bits
   */
  open(header: PacketHeader, largestReceived: number, into: OpenedPacket): boolean {
    if (!this.#opener) return false;
    const numberLength = unmaskPacket(this.#opener, header, largestReceived, into);
    into.generation = 0;
    into.keysUpdated = false;
    return decryptPacket(this.#opener, header, numberLength, 0, into);
  }

  /** Wipes the keys. RFC 9001 §4.9 */
  dispose(): void {
    this.#sealer?.dispose();
    this.#opener?.dispose();
    this.#sealer = undefined;
    this.#opener = undefined;
  }
}
