import type { ConnectionEvent } from './connection-event.ts';

/** Events in the order they happened, for the caller to take. */
export class EventQueue {
  /** Most wait alone. */
  #first: ConnectionEvent | undefined;
  /** Those behind it, from {@link #next} up to {@link #end}. */
  #others: (ConnectionEvent | undefined)[] = NONE;
  #next = 0;
  #end = 0;

  push(event: ConnectionEvent): void {
    if (this.#first === undefined) {
      this.#first = event;
      return;
    }
    // An array that is pushed to has room for many more.
    if (this.#others === NONE) this.#others = [event, undefined, undefined, undefined];
    else this.#others[this.#end] = event;
    this.#end += 1;
  }

  shift(): ConnectionEvent | undefined {
    const event = this.#first;
    if (this.#next === this.#end) {
      this.#first = undefined;
      return event;
    }
    this.#first = this.#others[this.#next];
    this.#others[this.#next] = undefined;
    this.#next += 1;
    if (this.#next === this.#end) this.#rewind();
    return event;
  }

  /** The memory of a few events is kept: they come time and again while much is sent or received. */
  #rewind(): void {
    this.#next = 0;
    this.#end = 0;
    if (this.#others.length > KEPT) this.#others = NONE;
  }
}

const KEPT = 4;
const NONE: (ConnectionEvent | undefined)[] = [];
