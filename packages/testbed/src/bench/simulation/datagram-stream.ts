import type { ConnectionEvent, PathScheduler } from '@mpquic/quic';
import { readUint32, writeUint32 } from '@mpquic/wire';
import type { ConnectedPair } from './connected-pair.ts';

export interface DatagramStreamOptions {
  /** Microseconds between datagrams. */
  readonly interval: number;
  readonly length: number;
}

/** Numbered datagrams from the server to the client at a steady rate, on a virtual clock. */
export class DatagramStream {
  readonly #sentAt: number[] = [];
  /** Microseconds on the way, by number; undefined for those that did not arrive. */
  readonly #latencies: (number | undefined)[] = [];
  readonly #options: DatagramStreamOptions;
  readonly #route: PathScheduler | undefined;
  #stopped = false;

  /** @param route as tunnels give it to their datagrams */
  constructor(options: DatagramStreamOptions, route?: PathScheduler) {
    this.#options = options;
    this.#route = route;
  }

  get sent(): number {
    return this.#sentAt.length;
  }

  get lost(): number {
    let lost = 0;
    for (let i = 0; i < this.#sentAt.length; i++) if (this.#latencies[i] === undefined) lost += 1;
    return lost;
  }

  /** In microseconds, of what arrived. @param share 0 to 1 */
  latency(share: number): number {
    const sorted = this.#latencies.filter((value) => value !== undefined).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }

  start(pair: ConnectedPair): void {
    const { interval, length } = this.#options;
    const { simulation } = pair;
    const data = new Uint8Array(length);
    const send = (): void => {
      if (this.#stopped) return;
      writeUint32(data, 0, this.#sentAt.length);
      this.#sentAt.push(simulation.now);
      pair.server.sendDatagram(data, this.#route);
      simulation.at(simulation.now + interval, send);
    };
    send();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** To be given every event of the client. */
  clientEvent(event: ConnectionEvent, now: number): void {
    if (event.type !== 'datagram') return;
    const number = readUint32(event.data, 0);
    this.#latencies[number] ??= now - (this.#sentAt[number] as number);
  }
}
