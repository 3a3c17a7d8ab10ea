import type { Datagram, Instant, Machine, Transmit } from '@mpquic/wire';
import type { ConnectionEvent, ConnectionMachine, ConnectionSet } from '../src/contract.ts';

/** An event and the connection that it is of. */
export interface HostEvent {
  readonly connection: ConnectionMachine;
  readonly event: ConnectionEvent;
}

/** A connection set and its connections as one machine, as an endpoint drives them. */
export class SimulatedHost implements Machine<HostEvent> {
  readonly set: ConnectionSet;
  readonly connections: ConnectionMachine[] = [];

  constructor(set: ConnectionSet) {
    this.set = set;
  }

  /** A client connection, or one that was made otherwise. */
  add(connection: ConnectionMachine): void {
    this.connections.push(connection);
  }

  receiveDatagram(datagram: Datagram, now: Instant): void {
    this.set.receiveDatagram(datagram, now);
    let accepted = this.set.nextAccepted();
    while (accepted !== undefined) {
      this.connections.push(accepted);
      accepted = this.set.nextAccepted();
    }
  }

  handleTimeout(now: Instant): void {
    for (const connection of this.connections) {
      const timeout = connection.nextTimeout();
      if (timeout !== undefined && timeout <= now) connection.handleTimeout(now);
    }
  }

  nextTransmit(now: Instant, into: Transmit, maxDatagrams: number): boolean {
    if (this.set.nextTransmit(now, into)) return true;
    return this.connections.some((connection) => connection.nextTransmit(now, into, maxDatagrams));
  }

  nextTimeout(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const connection of this.connections) {
      const timeout = connection.nextTimeout();
      if (timeout !== undefined && (earliest === undefined || timeout < earliest)) {
        earliest = timeout;
      }
    }
    return earliest;
  }

  nextEvent(): HostEvent | undefined {
    for (const connection of this.connections) {
      const event = connection.nextEvent();
      if (event === undefined) continue;
      if (event.type === 'closed') this.#remove(connection);
      return { connection, event };
    }
    return undefined;
  }

  #remove(connection: ConnectionMachine): void {
    this.set.remove(connection);
    this.connections.splice(this.connections.indexOf(connection), 1);
  }
}
