import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { workerOf } from '@mpquic/quic';
import type { Address, Datagram, Ecn } from '@mpquic/wire';
import { AddressBook } from './address-book.ts';

/**
 * The place of one endpoint among those that serve the same addresses, each in a thread of its own. Made by
 * {@link createWorkerPlaces}; goes to its thread as `workerData`, with {@link ports} in the transfer list.
 */
export interface WorkerPlace {
  /** 0 for the first; the endpoints bind their sockets in this order, one after the other. */
  readonly index: number;
  readonly count: number;
  /** To each of the other places in their order. */
  readonly ports: readonly MessagePort[];
  /** Datagrams under way to each place. */
  readonly underWay: Int32Array<SharedArrayBuffer>;
  /** 32 octets, common to all. A secret. */
  readonly statelessResetKey: Uint8Array;
}

/** Places for `count` endpoints, 1 to 64. */
export function createWorkerPlaces(count: number, statelessResetKey: Uint8Array): WorkerPlace[] {
  if (!Number.isInteger(count) || count < 1 || count > MOST_WORKERS) {
    throw new RangeError(`workers: an integer from 1 to ${MOST_WORKERS}`);
  }
  const underWay = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  const ports: MessagePort[][] = Array.from({ length: count }, () => []);
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const { port1, port2 } = new MessageChannel();
      (ports[a] as MessagePort[])[b - 1] = port1;
      (ports[b] as MessagePort[])[a] = port2;
    }
  }
  return ports.map((own, index) => ({ index, count, ports: own, underWay, statelessResetKey }));
}

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
  readonly #remotes = new AddressBook();

  /** @param receive takes what others hand over; the object is lent for the call */
  constructor(place: WorkerPlace, receive: (datagram: Datagram) => void) {
    this.#place = place;
    for (const port of place.ports) {
      port.on('message', ({ local, remote, ecn, payload }: HandedOver) => {
        Atomics.sub(place.underWay, place.index, 1);
        const sender = this.#remotes.intern(remote.host, remote.port);
        receive({ local, remote: sender, payload, ...(ecn === undefined ? {} : { ecn }) });
      });
      port.unref();
    }
  }

  /** True where the datagram is another's, who gets it. */
  handsOver({ local, remote, ecn, payload }: Datagram): boolean {
    const { index, count, ports, underWay } = this.#place;
    const owner = workerOf(payload, count);
    if (owner === index) return false;
    if (Atomics.load(underWay, owner) >= UNDER_WAY_LIMIT) {
      this.counters.dropped += 1;
      return true;
    }
    Atomics.add(underWay, owner, 1);
    this.counters.handedOver += 1;
    const handedOver: HandedOver = { local, remote, ecn, payload: Uint8Array.from(payload) };
    ports[owner < index ? owner : owner - 1]?.postMessage(handedOver, [handedOver.payload.buffer]);
    return true;
  }

  close(): void {
    for (const port of this.#place.ports) port.close();
  }
}

const MOST_WORKERS = 64;
/** Datagrams under way to one endpoint, beyond which more are dropped. */
const UNDER_WAY_LIMIT = 1024;
