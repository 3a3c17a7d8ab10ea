import type { Datagram, Instant, Machine, Transmit } from '@mpquic/wire';

/** A connection, as far as its host needs to know it. */
export type HostedConnection = Omit<Machine<{ readonly type: string }>, 'receiveDatagram'>;

/** What finds the connection of each datagram. */
export interface HostedConnectionSet<Connection> {
  receiveDatagram(datagram: Datagram, now: Instant): void;
  /** The next connection that began with a datagram. */
  nextAccepted(): Connection | undefined;
  /** What belongs to no connection. */
  nextTransmit(now: Instant, into: Transmit): boolean;
  remove(connection: Connection): void;
}

/** An event and the connection that it is of. */
export interface HostEvent<Connection extends HostedConnection> {
  readonly connection: Connection;
  readonly event: NonNullable<ReturnType<Connection['nextEvent']>>;
}

/** A connection set and its connections as one machine of a simulation, as an endpoint drives them. */
export class SimulatedHost<
  Connection extends HostedConnection,
  ConnectionSet extends HostedConnectionSet<Connection>,
> implements Machine<HostEvent<Connection>>
{
  readonly set: ConnectionSet;
  /** Those that were accepted or added, also once they are closed. */
  readonly connections: Connection[] = [];

  constructor(set: ConnectionSet) {
    this.set = set;
  }

  /** A client connection, or one that was made otherwise. */
  add(connection: Connection): void {
    this.connections.push(connection);
  }

  receiveDatagram(datagram: Datagram, now: Instant): void {
    this.set.receiveDatagram(datagram, now);
    for (let next = this.set.nextAccepted(); next !== undefined; next = this.set.nextAccepted()) {
      this.connections.push(next);
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

  nextEvent(): HostEvent<Connection> | undefined {
    for (const connection of this.connections) {
      const event = connection.nextEvent() as HostEvent<Connection>['event'] | undefined;
      if (event === undefined) continue;
      if (event.type === 'closed') this.set.remove(connection);
      return { connection, event };
    }
    return undefined;
  }
}
