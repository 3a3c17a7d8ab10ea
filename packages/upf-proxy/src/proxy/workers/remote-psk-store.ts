import type { ExternalPsk, PskStore } from '@mpquic/tls';
import { wipe } from '@mpquic/wire';

type Found = readonly (ExternalPsk | undefined)[];

interface Lookup {
  readonly count: number;
  readonly resolve: (found: Found) => void;
}

/** Handshakes that wait for the main thread at one time; more know no PSK, and are refused. */
export const MAX_LOOKUPS = 1024;

/**
 * A worker's PSKs: it has none. Each ClientHello asks the main thread, where they live and die, and what comes is wiped
 * as soon as the handshake has used it; so a PSK that is released is gone in every worker at that moment.
 */
export class RemotePskStore implements PskStore {
  readonly #ask: (id: number, identities: readonly Uint8Array[]) => void;
  readonly #waiting = new Map<number, Lookup>();
  #nextId = 0;

  constructor(ask: (id: number, identities: readonly Uint8Array[]) => void) {
    this.#ask = ask;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  lookup(identities: readonly Uint8Array[]): Found | Promise<Found> {
    const count = identities.length;
    if (this.#waiting.size >= MAX_LOOKUPS) return new Array<undefined>(count).fill(undefined);
    const id = this.#nextId++;
    const found = new Promise<Found>((resolve) => this.#waiting.set(id, { count, resolve }));
    // A message takes the whole memory behind a view along: these are copies of their own.
    this.#ask(
      id,
      identities.map((identity) => identity.slice()),
    );
    return found;
  }

  /** The main thread's answer. The keys are wiped when the handshake that waits has gone on. */
  answered(id: number, found: Found): void {
    const lookup = this.#waiting.get(id);
    this.#waiting.delete(id);
    lookup?.resolve(found);
    // Behind all that follows from the promise.
    setImmediate(() => {
      for (const psk of found) if (psk !== undefined) wipe(psk.key);
    });
  }

  /** Answers all that wait: nothing is known. */
  close(): void {
    for (const { count, resolve } of this.#waiting.values()) {
      resolve(new Array<undefined>(count).fill(undefined));
    }
    this.#waiting.clear();
  }
}
