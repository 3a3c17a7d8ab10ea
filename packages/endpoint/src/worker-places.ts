import { MessageChannel, type MessagePort } from 'node:worker_threads';

/**
 * The place of one endpoint among those that serve the same addresses, each in a thread of its own. Made by
 * {@link createWorkerPlaces}; goes to its thread as `workerData`, with {@link ports} in the transfer list.
 */
export interface WorkerPlace {
  /** 0 for the first; without {@link descriptors}, the endpoints bind their sockets in this order, one after the other. */
  readonly index: number;
  readonly count: number;
  /** To each of the other places in their order. */
  readonly ports: readonly MessagePort[];
  /** Datagrams under way to each place. */
  readonly underWay: Int32Array<SharedArrayBuffer>;
  /** 32 octets, common to all. A secret. */
  readonly statelessResetKey: Uint8Array;
  /** Sockets that wait for this place, one for each address: see `reserveWorkerSockets`. */
  readonly descriptors?: readonly number[] | undefined;
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

/** A place that is taken anew, and what the others need to reach it: see `QuicEndpoint.replaceWorker`. */
export interface WorkerReplacement {
  readonly place: WorkerPlace;
  /** By the place that each belongs to. */
  readonly ports: ReadonlyMap<number, MessagePort>;
}

/** The same place for another endpoint, when the one that had it is gone. */
export function replaceWorkerPlace(place: WorkerPlace): WorkerReplacement {
  const { index, count, underWay } = place;
  const own: MessagePort[] = [];
  const others = new Map<number, MessagePort>();
  for (let other = 0; other < count; other++) {
    if (other === index) continue;
    const { port1, port2 } = new MessageChannel();
    own.push(port1);
    others.set(other, port2);
  }
  // What was under way to the old one is lost with it.
  Atomics.store(underWay, index, 0);
  return { place: { ...place, ports: own }, ports: others };
}

const MOST_WORKERS = 64;
