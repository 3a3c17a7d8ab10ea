import type { Address, Instant } from '@mpquic/wire';

interface Entry {
  readonly messageType: number;
  readonly expires: Instant;
  readonly local: Address;
  response: Uint8Array | undefined;
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

  /** What a request of this key and type is to this cache: never seen, still being executed, or answered. */
  find(key: string, messageType: number, now: Instant): 'new' | 'pending' | Uint8Array {
    this.#expire(now);
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.messageType !== messageType) return 'new';
    return entry.response ?? 'pending';
  }

  /** Remembers a request that is about to be executed. */
  begin(key: string, messageType: number, local: Address, expires: Instant): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#capacity) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { messageType, expires, local, response: undefined });
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
