import { UsageError, wipe } from '@mpquic/wire';
import { checkExternalPsk } from './external-psk.ts';
import type { ExternalPsk } from './handshake.ts';
import { pskIdentitiesOnWire } from './wire-psk.ts';

/** Where a server finds PSKs. Stores that answer later fit too: the handshake waits. */
export interface PskStore {
  /** Per identity, as on the wire, the PSK that it names; in the order of the identities. */
  lookup(
    identities: readonly Uint8Array[],
  ): readonly (ExternalPsk | undefined)[] | Promise<readonly (ExternalPsk | undefined)[]>;
}

/**
 * PSKs in memory, found by their identities on the wire in both modes. It keeps copies of the keys
 * and wipes them as they leave; a handshake that still waits for a wiped one treats it as unknown.
 */
export class InMemoryPskStore implements PskStore {
  /** By external identity. */
  readonly #psks = new Map<string, ExternalPsk>();
  /** By identity on the wire. */
  readonly #byWireIdentity = new Map<string, ExternalPsk>();

  constructor(psks: Iterable<ExternalPsk> = []) {
    for (const psk of psks) this.add(psk);
  }

  get size(): number {
    return this.#psks.size;
  }

  /**
   * Keeps a copy.
   * @throws {UsageError} on a PSK that {@link checkExternalPsk} refuses, or an identity in use
   */
  add(psk: ExternalPsk): void {
    checkExternalPsk(psk);
    const wireIdentities = pskIdentitiesOnWire(psk).map(({ identity }) => mapKey(identity));
    if (
      this.#psks.has(mapKey(psk.identity)) ||
      wireIdentities.some((identity) => this.#byWireIdentity.has(identity))
    ) {
      throw new UsageError('a PSK of this identity is in the store already: replace it');
    }
    const { identity, key, hash, mode, context } = psk;
    const copy: ExternalPsk = {
      identity: identity.slice(),
      key: key.slice(),
      hash,
      mode,
      ...(context === undefined ? {} : { context: context.slice() }),
    };
    this.#psks.set(mapKey(identity), copy);
    for (const wireIdentity of wireIdentities) this.#byWireIdentity.set(wireIdentity, copy);
  }

  /** Puts the PSK in the place of the one of the same external identity, if there is one. */
  replace(psk: ExternalPsk): void {
    checkExternalPsk(psk);
    this.remove(psk.identity);
    this.add(psk);
  }

  /** Wipes the key of this external identity; false where there is none. */
  remove(externalIdentity: Uint8Array): boolean {
    const psk = this.#psks.get(mapKey(externalIdentity));
    if (psk === undefined) return false;
    this.#psks.delete(mapKey(externalIdentity));
    for (const { identity } of pskIdentitiesOnWire(psk)) {
      this.#byWireIdentity.delete(mapKey(identity));
    }
    wipe(psk.key);
    return true;
  }

  has(externalIdentity: Uint8Array): boolean {
    return this.#psks.has(mapKey(externalIdentity));
  }

  lookup(identities: readonly Uint8Array[]): readonly (ExternalPsk | undefined)[] {
    return identities.map((identity) => this.#byWireIdentity.get(mapKey(identity)));
  }

  /** Wipes all keys. */
  clear(): void {
    for (const psk of this.#psks.values()) wipe(psk.key);
    this.#psks.clear();
    this.#byWireIdentity.clear();
  }
}

/** Octet strings compare by their octets: one code unit each. */
function mapKey(identity: Uint8Array): string {
  let key = '';
  for (let i = 0; i < identity.length; i++) key += String.fromCharCode(identity[i] as number);
  return key;
}
