import type { ConnectionEvent } from './contract.ts';

/** Events in the order they happened, for the caller to take. */
export class EventQueue {
  #events: ConnectionEvent[] = NONE;
  #next = 0;

  push(event: ConnectionEvent): void {
    // Most wait alone; arrays that are pushed to have room for many.
    if (this.#events.length === 0) this.#events = [event];
    else this.#events.push(event);
  }

  shift(): ConnectionEvent | undefined {
    const event = this.#events[this.#next];
    if (event === undefined) return undefined;
    this.#next += 1;
    if (this.#next === this.#events.length) {
      this.#events = NONE;
      this.#next = 0;
    }
    return event;
  }
}

const NONE: ConnectionEvent[] = [];
