import type { Clock, DatagramSocket } from '@mpquic/endpoint';
import { createTransmit, Ecn, type Instant, type Transmit } from '@mpquic/wire';

/** Octets and datagrams of one run: what a system sends with one call. */
const CAPACITY = 64_000;
const RUN_LIMIT = 60;
/** Octets of a buffer at first: a payload of any common size. */
const LEAST_ROOM = 2048;

/**
 * Payloads on their way to targets. Those for one socket that come in one go leave by one call of the system; nothing
 * waits beyond the turn of the event loop in which it came. One batch serves all sockets of a proxy.
 */
export class TargetBatch {
  #transmit: Transmit = createTransmit(0);
  #socket: DatagramSocket | undefined;
  #scheduled = false;
  readonly #clock: Clock;
  #time: Instant = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a copy of a payload, which leaves after those before it. Returns the time, as of the first payload of a turn. */
  add(socket: DatagramSocket, payload: Uint8Array): Instant {
    const { length } = payload;
    if (!this.#fits(socket, length)) this.flush();
    if (this.#socket === undefined) this.#begin(socket, length);
    const transmit = this.#roomFor(length);
    transmit.buffer.set(payload, transmit.length);
    transmit.length += length;
    transmit.datagrams += 1;
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#time = this.#clock.now();
      queueMicrotask(this.#flushScheduled);
    }
    return this.#time;
  }

  /** Sends what was added. */
  flush(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    if (!socket.send(this.#transmit)) this.#transmit = createTransmit(0);
  }

  /** To be called before a socket is closed. */
  flushTo(socket: DatagramSocket): void {
    if (this.#socket === socket) this.flush();
  }

  readonly #flushScheduled = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** All datagrams of a run but the last have one size. */
  #fits(socket: DatagramSocket, length: number): boolean {
    if (this.#socket === undefined) return true;
    const { segmentSize, length: filled, datagrams } = this.#transmit;
    return (
      socket === this.#socket &&
      length > 0 &&
      length <= segmentSize &&
      filled === segmentSize * datagrams &&
      filled + length <= CAPACITY &&
      datagrams < RUN_LIMIT
    );
  }

  #begin(socket: DatagramSocket, length: number): void {
    const transmit = this.#transmit;
    transmit.length = 0;
    transmit.segmentSize = Math.max(length, 1);
    transmit.datagrams = 0;
    transmit.local = socket.local;
    transmit.remote = socket.remote;
    transmit.ecn = Ecn.notEct;
    this.#socket = socket;
  }

  /** The buffer grows with the runs: most proxies of many never have long ones. */
  #roomFor(length: number): Transmit {
    const transmit = this.#transmit;
    const needed = transmit.length + length;
    if (transmit.buffer.length >= needed) return transmit;
    const room = Math.max(needed, Math.min(CAPACITY, Math.max(LEAST_ROOM, 2 * needed)));
    const larger = { ...transmit, buffer: createTransmit(room).buffer };
    larger.buffer.set(transmit.buffer.subarray(0, transmit.length));
    this.#transmit = larger;
    return larger;
  }
}
