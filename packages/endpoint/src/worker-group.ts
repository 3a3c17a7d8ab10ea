import type { MessagePort } from 'node:worker_threads';
import { workerOf } from '@mpquic/quic';
import type { Address, Datagram, Ecn } from '@mpquic/wire';
import { AddressBook } from './address-book.ts';
import type { WorkerPlace } from './worker-places.ts';

/** A datagram on its way to another thread, which gets its octets and not a copy of them. */
interface HandedOver {
  readonly local: Address;
  readonly remote: Address;
  readonly ecn: Ecn | undefined;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/**
 * Sees to it that each datagram reaches the endpoint whose connection ID it carries, whichever path it came over. The system
 * steers nearly all of them there (`DatagramSocketOptions.workers`); what arrives here for another is handed over: datagrams of
 * several connections that one message brought, or all of them where the system knows no such steering.
 */
export class WorkerGroup {
  /** Datagrams given to others, and those that were dropped because too many were under way. */
  readonly counters: { handedOver: number; dropped: number } = { handedOver: 0, dropped: 0 };
  readonly #place: WorkerPlace;
  /** To each of the other places in their order. */
  readonly #ports: MessagePort[];
  readonly #receive: (datagram: Datagram) => void;
  readonly #remotes = new AddressBook();

  /** @param receive takes what others hand over; the object is lent for the call */
  constructor(place: WorkerPlace, receive: (datagram: Datagram) => void) {
    this.#place = place;
    this.#receive = receive;
    this.#ports = [...place.ports];
    for (const port of this.#ports) this.#listen(port);
  }

  /** Another endpoint has the place `index` now. */
  replace(index: number, port: MessagePort): void {
    const at = portIndex(this.#place.index, index);
    this.#ports[at]?.close();
    this.#ports[at] = port;
    this.#listen(port);
  }

  /** True where the datagram is another's, who gets it. */
  handsOver({ local, remote, ecn, payload }: Datagram): boolean {
    const { index, count, underWay } = this.#place;
    const owner = workerOf(payload, count);
    if (owner === index) return false;
    if (Atomics.load(underWay, owner) >= UNDER_WAY_LIMIT) {
      this.counters.dropped += 1;
      return true;
    }
    Atomics.add(underWay, owner, 1);
    this.counters.handedOver += 1;
    const handedOver: HandedOver = { local, remote, ecn, payload: Uint8Array.from(payload) };
    const port = this.#ports[portIndex(index, owner)];
    port?.postMessage(handedOver, [handedOver.payload.buffer]);
    return true;
  }

  close(): void {
    for (const port of this.#ports) port.close();
  }

  #listen(port: MessagePort): void {
    port.on('message', ({ local, remote, ecn, payload }: HandedOver) => {
      Atomics.sub(this.#place.underWay, this.#place.index, 1);
      const sender = this.#remotes.intern(remote.host, remote.port);
      this.#receive({ local, remote: sender, payload, ...(ecn === undefined ? {} : { ecn }) });
    });
    port.unref();
  }
}

/** Where place `own` keeps its port to place `other`. */
function portIndex(own: number, other: number): number {
  return other < own ? other : other - 1;
}

/** Datagrams under way to one endpoint, beyond which more are dropped. */
const UNDER_WAY_LIMIT = 1024;
