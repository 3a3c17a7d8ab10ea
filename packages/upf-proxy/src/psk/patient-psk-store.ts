import type { ExternalPsk, PskStore } from '@mpquic/tls';
import { toHex } from '@mpquic/wire';
import type { PskRegistry } from './psk-registry.ts';

type Found = readonly (ExternalPsk | undefined)[];

/** What a UPF does with a ClientHello whose KIDs it does not know (Solution #3: steps 10a and 13 race). */
export interface PatientPskStoreOptions {
  readonly registry: PskRegistry;
  /** How long a handshake may wait for its key, in milliseconds; 0 answers at once. */
  readonly holdMs: number;
  /** Called when an unknown KID was met: nothing of it is known but its octets. */
  readonly onUnknown?: (held: boolean) => void;
}

interface Waiter {
  readonly identities: readonly Uint8Array[];
  readonly timer: NodeJS.Timeout;
  readonly resolve: (found: Found) => void;
}

/** Handshakes that wait at one time; more are answered at once, so that strangers cannot fill the memory. */
export const MAX_WAITING_HANDSHAKES = 1024;

/**
 * Looks PSKs up in the registry, and can hold a handshake whose KID is unknown until its key is
 * installed or the time is over. The answer to an unknown KID is the same either way.
 */
export class PatientPskStore implements PskStore {
  readonly #options: PatientPskStoreOptions;
  readonly #waiting = new Set<Waiter>();

  constructor(options: PatientPskStoreOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  lookup(identities: readonly Uint8Array[]): Found | Promise<Found> {
    const { registry, holdMs, onUnknown } = this.#options;
    const found = registry.lookup(identities);
    if (found.some((psk) => psk !== undefined)) return found;
    const holds = holdMs > 0 && this.#waiting.size < MAX_WAITING_HANDSHAKES;
    onUnknown?.(holds);
    if (!holds) return found;
    const owned = identities.map((identity) => identity.slice());
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(waiter), holdMs);
      const waiter: Waiter = { identities: owned, timer, resolve };
      this.#waiting.add(waiter);
    });
  }

  /** A key was installed: handshakes that wait for it go on. */
  installed(kid: Uint8Array): void {
    const wanted = toHex(kid);
    for (const waiter of this.#waiting) {
      // An imported identity holds the KID inside: whatever mentions it looks again.
      if (waiter.identities.some((identity) => toHex(identity).includes(wanted))) {
        this.#settle(waiter);
      }
    }
  }

  /** Answers all that wait. */
  close(): void {
    for (const waiter of this.#waiting) this.#settle(waiter);
  }

  #settle(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    clearTimeout(waiter.timer);
    waiter.resolve(this.#options.registry.lookup(waiter.identities));
  }
}
