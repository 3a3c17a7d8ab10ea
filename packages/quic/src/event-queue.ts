import type { ConnectionEvent } from './contract.ts';

/** Events in the order they happened, for the caller to take. */
export class EventQueue {
  #events: ConnectionEvent[] = [];
  #next = 0;

  push(event: ConnectionEvent): void {
    this.#events.push(event);
  }

  shift(): ConnectionEvent | undefined {
    const event = this.#events[this.#next];
    if (event === undefined) return undefined;
    this.#next += 1;
    if (this.#next === this.#events.length) {
      this.#events = [];
      this.#next = 0;
    }
    return event;
  }
}
