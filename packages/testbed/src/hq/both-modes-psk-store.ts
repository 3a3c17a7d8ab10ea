import { type ExternalPsk, InMemoryPskStore, type PskStore } from '@mpquic/tls';
import { wipe } from '@mpquic/wire';
import { readPsks } from '../cli/psk-option.ts';

/**
 * PSKs that clients may use as they are or import (RFC 9258), whichever their peers are set to. For a
 * test server: a deployment provisions each PSK for one of the two.
 */
export class BothModesPskStore implements PskStore {
  readonly #raw = new InMemoryPskStore();
  readonly #imported = new InMemoryPskStore();

  get size(): number {
    return this.#raw.size;
  }

  /** Adds PSKs as `--psk` and `--psk-hex-id` give them. @throws {CommandFailure} wrong usage */
  addAll(texts: readonly string[], hexIdentityTexts: readonly string[]): void {
    for (const psk of readPsks(texts, hexIdentityTexts, 'raw')) {
      this.#raw.replace(psk);
      this.#imported.replace({ ...psk, mode: 'imported' });
      wipe(psk.key);
    }
  }

  lookup(identities: readonly Uint8Array[]): readonly (ExternalPsk | undefined)[] {
    const imported = this.#imported.lookup(identities);
    return this.#raw.lookup(identities).map((psk, index) => psk ?? imported[index]);
  }

  /** Wipes all keys. */
  clear(): void {
    this.#raw.clear();
    this.#imported.clear();
  }
}
