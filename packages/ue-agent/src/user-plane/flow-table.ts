import type { Logger } from '@mpquic/service';
import type { FlowReceiver, FlowTarget, UserFlow } from './user-flow.ts';

/** What opens flows. */
export type OpenFlow = (target: FlowTarget, receiver: FlowReceiver) => Promise<UserFlow>;

export interface FlowTableOptions {
  readonly openFlow: OpenFlow;
  readonly logger: Logger;
  /** Flows at once; beyond it the most silent one is closed. Default 1,024. */
  readonly limit?: number;
}

interface Entry {
  flow: UserFlow | undefined;
  lastUsed: number;
  /** Payloads that wait for the flow. */
  waiting: Uint8Array[];
  /** When an attempt that failed may be repeated. */
  retryAt: number;
}

/** Datagrams that wait while a flow opens: about what an application sends before it hears anything. */
const WAITING_LIMIT = 32;
/** RFC 4787 §4.3, in milliseconds. */
const IDLE_MS = 120_000;
const RETRY_MS = 500;

/**
 * The flows behind one entry point, by the key of whoever sends. A flow that ended is opened again by the
 * next datagram, so that flows resume after the UPF was gone.
 */
export class FlowTable {
  readonly #options: FlowTableOptions;
  readonly #entries = new Map<string, Entry>();
  #dropped = 0;
  #closed = false;

  constructor(options: FlowTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Datagrams of applications that found no way. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Sends a payload, which is lent for the call.
   * @param receive takes what comes back
   */
  send(
    key: string,
    target: FlowTarget,
    payload: Uint8Array,
    receive: (payload: Uint8Array) => void,
  ): void {
    if (this.#closed) return;
    const now = performance.now();
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#makeRoom(now);
      entry = { flow: undefined, lastUsed: now, waiting: [], retryAt: 0 };
      this.#entries.set(key, entry);
    }
    entry.lastUsed = now;
    if (entry.flow !== undefined) {
      if (!entry.flow.send(payload)) this.#dropped += 1;
      return;
    }
    if (entry.waiting.length >= WAITING_LIMIT || now < entry.retryAt) {
      this.#dropped += 1;
      return;
    }
    entry.waiting.push(payload.slice());
    if (entry.waiting.length === 1) void this.#open(key, target, entry, receive);
  }

  close(): void {
    this.#closed = true;
    for (const { flow } of this.#entries.values()) flow?.close();
    this.#entries.clear();
  }

  async #open(
    key: string,
    target: FlowTarget,
    entry: Entry,
    receive: (payload: Uint8Array) => void,
  ): Promise<void> {
    try {
      const flow = await this.#options.openFlow(target, {
        receive: (payload) => {
          entry.lastUsed = performance.now();
          receive(payload);
        },
        ended: (reason) => {
          this.#options.logger.info({ target, reason }, 'a flow ended');
          entry.flow = undefined;
        },
      });
      if (this.#entries.get(key) !== entry) {
        flow.close();
        return;
      }
      entry.flow = flow;
      for (const payload of entry.waiting.splice(0)) {
        if (!flow.send(payload)) this.#dropped += 1;
      }
    } catch (error) {
      this.#dropped += entry.waiting.splice(0).length;
      entry.retryAt = performance.now() + RETRY_MS;
      this.#options.logger.warn({ target, reason: String(error) }, 'no flow');
    }
  }

  /** Closes silent flows, and the most silent one where there are too many. */
  #makeRoom(now: number): void {
    let quietest: string | undefined;
    let quietestUse = Number.POSITIVE_INFINITY;
    for (const [key, { lastUsed }] of [...this.#entries]) {
      if (now - lastUsed > IDLE_MS) this.#close(key);
      else if (lastUsed < quietestUse) {
        quietest = key;
        quietestUse = lastUsed;
      }
    }
    if (this.#entries.size >= (this.#options.limit ?? 1_024) && quietest !== undefined) {
      this.#close(quietest);
    }
  }

  #close(key: string): void {
    this.#entries.get(key)?.flow?.close();
    this.#entries.delete(key);
  }
}
