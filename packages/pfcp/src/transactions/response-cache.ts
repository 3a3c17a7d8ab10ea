import type { Address, Instant } from '@mpquic/wire';

interface Entry {
  readonly fingerprint: number;
  readonly expires: Instant;
  readonly local: Address;
  response: Uint8Array | undefined;
}

/**
 * A number that differs, but for one chance in 2^32, where two requests differ: FNV-1a. A peer that restarted
 * uses its sequence numbers again, for other requests.
 */
export function requestFingerprint(request: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < request.length; i++) {
    hash = Math.imul(hash ^ (request[i] as number), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * Requests seen, and what they were answered with, so that a retransmitted request is neither executed
 * twice nor left unanswered (TS 29.244 §6.4). The oldest entry makes room for a new one.
 */
export class ResponseCache {
  readonly #capacity: number;
  readonly #entries: Map<string, Entry> = new Map();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What a request is to this cache: never seen, still being executed, or answered with these octets. */
  find(key: string, fingerprint: number, now: Instant): 'new' | 'pending' | Uint8Array {
    this.#expire(now);
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.fingerprint !== fingerprint) return 'new';
    return entry.response ?? 'pending';
  }

  /** Remembers a request that is about to be executed. */
  begin(key: string, fingerprint: number, local: Address, expires: Instant): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#capacity) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { fingerprint, expires, local, response: undefined });
  }

  /**
   * Remembers the answer, unless the request was forgotten meanwhile.
   * @returns the address that the request came to, which the answer is to leave from
   */
  answer(key: string, response: Uint8Array): Address | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.response = response;
    return entry?.local;
  }

  #expire(now: Instant): void {
    for (const [key, entry] of this.#entries) {
      if (entry.expires > now) return;
      this.#entries.delete(key);
    }
  }
}
