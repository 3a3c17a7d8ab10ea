import type { ConnectionEvent, ConnectionMachine } from '@mpquic/quic';
import type { Address, Instant } from '@mpquic/wire';
import type { HeapEntry } from './deadline-heap.ts';

/** What stands above a connection: an application's session, or another protocol machine. */
export interface ConnectionHandler {
  /** Takes an event. Calls of the connection may follow at once; they are sent after all events are read. */
  connectionEvent(event: ConnectionEvent, now: Instant): void;
  /** A send between these addresses failed; the connection lives on. */
  sendFailed?(local: Address, remote: Address | undefined, code: string): void;
}

/** A connection and what the driver keeps for it. */
export interface DrivenConnection {
  readonly machine: ConnectionMachine;
  handler: ConnectionHandler;
  /** To be called after any call that queues something to send. Cheap: a turn's calls are sent together. */
  wake(): void;
}

/** What the driver keeps for a connection: where it stands between its events, its packets and its deadline. */
export class Driven implements DrivenConnection, HeapEntry {
  readonly machine: ConnectionMachine;
  handler: ConnectionHandler = NO_HANDLER;
  ready = false;
  /** Whether something came, or a time, of which the application was not told yet. */
  hasNews = false;
  forgotten = false;
  /** Whether it reported so; nothing else follows. */
  closed = false;
  armedAt: Instant = 0;
  heapIndex = -1;
  readonly #wake: (driven: Driven) => void;

  constructor(machine: ConnectionMachine, wake: (driven: Driven) => void) {
    this.machine = machine;
    this.#wake = wake;
  }

  wake(): void {
    this.#wake(this);
  }
}

const NO_HANDLER: ConnectionHandler = { connectionEvent: () => undefined };
