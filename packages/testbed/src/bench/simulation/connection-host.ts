import type { ConnectionEvent, ConnectionMachine, ConnectionSet } from '@mpquic/quic';
import type { Datagram, Instant, Machine, Transmit } from '@mpquic/wire';

/** A connection set with one connection, client's or server's, as one machine of a simulation. */
export class ConnectionHost implements Machine<ConnectionEvent> {
  readonly #set: ConnectionSet;
  #connection: ConnectionMachine | undefined;

  constructor(set: ConnectionSet, connection?: ConnectionMachine) {
    this.#set = set;
    this.#connection = connection;
  }

  /** Undefined before the first packet came to a server. */
  get connection(): ConnectionMachine | undefined {
    return this.#connection;
  }

  receiveDatagram(datagram: Datagram, now: Instant): void {
    this.#set.receiveDatagram(datagram, now);
    this.#connection ??= this.#set.nextAccepted();
  }

  handleTimeout(now: Instant): void {
    this.#connection?.handleTimeout(now);
  }

  nextTransmit(now: Instant, into: Transmit, maxDatagrams: number): boolean {
    if (this.#set.nextTransmit(now, into)) return true;
    return this.#connection?.nextTransmit(now, into, maxDatagrams) ?? false;
  }

  nextTimeout(): Instant | undefined {
    return this.#connection?.nextTimeout();
  }

  nextEvent(): ConnectionEvent | undefined {
    return this.#connection?.nextEvent();
  }
}
