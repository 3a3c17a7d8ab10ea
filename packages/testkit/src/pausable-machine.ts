import type { Datagram, Instant, Machine, Transmit } from '@mpquic/wire';

/** Datagrams that a socket keeps while nobody reads it. */
const DEFAULT_QUEUE_LIMIT = 256;

/**
 * A machine in a process that may be kept from running, as on a busy host: what arrives meanwhile waits in a socket, as far as
 * that has room, and comes all at once when the process goes on. Then comes what was due.
 */
export class PausableMachine<Event> implements Machine<Event> {
  readonly #machine: Machine<Event>;
  readonly #queueLimit: number;
  #waiting: Datagram[] | undefined;
  #dropped = 0;

  constructor(machine: Machine<Event>, queueLimit: number = DEFAULT_QUEUE_LIMIT) {
    this.#machine = machine;
    this.#queueLimit = queueLimit;
  }

  get paused(): boolean {
    return this.#waiting !== undefined;
  }

  /** Datagrams that found the socket full. */
  get dropped(): number {
    return this.#dropped;
  }

  pause(): void {
    this.#waiting ??= [];
  }

  resume(now: Instant): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const datagram of waiting) this.#machine.receiveDatagram(datagram, now);
  }

  receiveDatagram(datagram: Datagram, now: Instant): void {
    if (this.#waiting === undefined) this.#machine.receiveDatagram(datagram, now);
    else if (this.#waiting.length < this.#queueLimit) this.#waiting.push(datagram);
    else this.#dropped += 1;
  }

  handleTimeout(now: Instant): void {
    if (!this.paused) this.#machine.handleTimeout(now);
  }

  nextTransmit(now: Instant, into: Transmit, maxDatagrams: number): boolean {
    return !this.paused && this.#machine.nextTransmit(now, into, maxDatagrams);
  }

  nextTimeout(): Instant | undefined {
    return this.paused ? undefined : this.#machine.nextTimeout();
  }

  nextEvent(): Event | undefined {
    return this.paused ? undefined : this.#machine.nextEvent();
  }
}
