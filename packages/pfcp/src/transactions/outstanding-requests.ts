import { type Address, type Duration, type Instant, sameAddress, wipe } from '@mpquic/wire';

/** A request that awaits its response. */
export interface OutstandingRequest {
  readonly sequenceNumber: number;
  readonly messageType: number;
  readonly peer: Address;
  /** Wiped when the request is settled: it may hold a PSK. */
  readonly bytes: Uint8Array;
  attempts: number;
  deadline: Instant;
  isSettled: boolean;
}

/** The requests of one entity by sequence number, in the order of their deadlines. */
export class OutstandingRequests {
  readonly #capacity: number;
  readonly #requests: Map<number, OutstandingRequest> = new Map();
  #nextSequenceNumber: number;

  constructor(capacity: number, firstSequenceNumber = 1) {
    this.#capacity = capacity;
    this.#nextSequenceNumber = firstSequenceNumber;
  }

  get size(): number {
    return this.#requests.size;
  }

  get isFull(): boolean {
    return this.#requests.size >= this.#capacity;
  }

  /** A sequence number that no outstanding request has: 24 bits, rising, never 0. */
  takeSequenceNumber(): number {
    while (this.#requests.has(this.#nextSequenceNumber)) this.#advance();
    const taken = this.#nextSequenceNumber;
    this.#advance();
    return taken;
  }

  add(request: OutstandingRequest): void {
    this.#requests.set(request.sequenceNumber, request);
  }

  find(sequenceNumber: number, peer: Address): OutstandingRequest | undefined {
    const request = this.#requests.get(sequenceNumber);
    return request !== undefined && sameAddress(request.peer, peer) ? request : undefined;
  }

  /** The request whose deadline is next. All of them have one interval, so it is the first. */
  get first(): OutstandingRequest | undefined {
    for (const request of this.#requests.values()) return request;
    return undefined;
  }

  /** Counts one more attempt; the request goes to the end of the queue. */
  rearm(request: OutstandingRequest, now: Instant, interval: Duration): void {
    request.attempts += 1;
    request.deadline = now + interval;
    this.#requests.delete(request.sequenceNumber);
    this.#requests.set(request.sequenceNumber, request);
  }

  /** Forgets the request and wipes its octets. */
  settle(request: OutstandingRequest): void {
    request.isSettled = true;
    wipe(request.bytes);
    this.#requests.delete(request.sequenceNumber);
  }

  /** Forgets all requests. */
  clear(): void {
    for (const request of this.#requests.values()) this.settle(request);
  }

  #advance(): void {
    this.#nextSequenceNumber = (this.#nextSequenceNumber % 0xff_ffff) + 1;
  }
}
