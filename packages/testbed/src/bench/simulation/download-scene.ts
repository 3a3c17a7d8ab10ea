import type { ConnectionConfig, ConnectionEvent } from '@mpquic/quic';
import type { LinkOptions, Simulation, Wire } from '@mpquic/testkit';
import type { Instant } from '@mpquic/wire';
import { ConnectedPair } from './connected-pair.ts';

/** A prime: no offset that is wrong by a power of two looks right. */
const PERIOD = 251;
const CHUNK = Uint8Array.from({ length: PERIOD * 256 }, (_, i) => i % PERIOD);

/** A client that downloads without end over one or two links, on a virtual clock, and looks at every octet. */
export class DownloadScene {
  /** Octets that the client has read. */
  received = 0;
  /** Of them, those that are not what was sent there. */
  wrong = 0;
  readonly #pair: ConnectedPair;
  /** When octets last arrived, and the longest time without since {@link watch}. Microseconds. */
  #lastArrival: Instant = 0;
  #longestSilence = 0;
  readonly #streamId: number | undefined;
  #written = 0;

  /** @param server what it has beyond a plain configuration, such as a scheduler */
  constructor(seed: number, links: readonly LinkOptions[], server?: Partial<ConnectionConfig>) {
    this.#pair = new ConnectedPair(seed, links, {
      server,
      clientEvent: (event, now) => this.#clientEvent(event, now),
      serverEvent: (event) => {
        if (event.type === 'stream_writable') this.#fill();
      },
    });
    this.#streamId = this.#pair.server.openStream('uni');
    this.#fill();
  }

  get simulation(): Simulation {
    return this.#pair.simulation;
  }

  /** One per path. */
  get wires(): readonly Wire[] {
    return this.#pair.wires;
  }

  get pair(): ConnectedPair {
    return this.#pair;
  }

  /** The longest of the server's probe timeouts. Microseconds. */
  get probeTimeout(): number {
    return Math.max(...this.#pair.server.paths().map(({ pto }) => pto));
  }

  /** The longest time without data since {@link watch}. Microseconds. */
  get longestSilence(): number {
    return Math.max(this.#longestSilence, this.simulation.now - this.#lastArrival);
  }

  watch(): void {
    this.#lastArrival = this.simulation.now;
    this.#longestSilence = 0;
  }

  /** Octets per second that arrive, after slow start. Microseconds. */
  goodput(warmUp = 500_000, duration = 1_000_000): number {
    this.simulation.runFor(warmUp);
    const before = this.received;
    this.simulation.runFor(duration);
    return ((this.received - before) * 1_000_000) / duration;
  }

  #clientEvent(event: ConnectionEvent, now: Instant): void {
    if (event.type !== 'stream_readable') return;
    for (;;) {
      const chunk = this.#pair.client.readStream(event.streamId);
      if (chunk === undefined) break;
      this.#check(chunk.data);
    }
    this.#longestSilence = Math.max(this.#longestSilence, now - this.#lastArrival);
    this.#lastArrival = now;
  }

  #check(data: Uint8Array): void {
    let expected = this.received % PERIOD;
    for (let i = 0; i < data.length; i++) {
      if (data[i] !== expected) this.wrong += 1;
      expected = expected === PERIOD - 1 ? 0 : expected + 1;
    }
    this.received += data.length;
  }

  #fill(): void {
    if (this.#streamId === undefined) return;
    for (;;) {
      const chunk = CHUNK.subarray(this.#written % PERIOD);
      const taken = this.#pair.server.writeStream(this.#streamId, chunk, false);
      this.#written += taken;
      if (taken < chunk.length) return;
    }
  }
}
