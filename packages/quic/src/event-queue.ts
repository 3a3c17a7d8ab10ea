import type { ConnectionEvent } from './connection-event.ts';

/** Events in the order they happened, for the caller to take. */
export class EventQueue {
  /** Most wait alone. */
  #first: ConnectionEvent | undefined;
  /** Those behind it, from {@link #next} on. */
  #others: ConnectionEvent[] = NONE;
  #next = 0;

  push(event: ConnectionEvent): void {
    if (this.#first === undefined) this.#first = event;
    // Arrays that are pushed to have room for many.
    else if (this.#others === NONE) this.#others = [event];
    else this.#others.push(event);
  }

  shift(): ConnectionEvent | undefined {
    const event = this.#first;
    if (event === undefined) return undefined;
    this.#first = this.#others[this.#next];
    if (this.#first === undefined) this.#letGo();
    else this.#next += 1;
    return event;
  }

  /** The memory of a single event is kept: two at a time are usual while much is sent. */
  #letGo(): void {
    if (this.#next > 1) this.#others = NONE;
    else if (this.#next === 1) this.#others.pop();
    this.#next = 0;
  }
}

const NONE: ConnectionEvent[] = [];
