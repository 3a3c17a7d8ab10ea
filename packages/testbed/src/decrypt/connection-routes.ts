import { type Address, formatAddress, toHex } from '@mpquic/wire';
import type { Role } from './sender-keys.ts';
import type { TracedConnection } from './traced-connection.ts';

/** To whom a packet goes. */
export interface Route {
  readonly connection: TracedConnection;
  readonly receiver: Role;
  /** Of 1-RTT packets. */
  readonly pathId: number;
}

/** Finds the connection of a packet by its destination connection ID, or else by its addresses. */
export class ConnectionRoutes {
  readonly #byConnectionId = new Map<string, Route>();
  readonly #lengths = new Set<number>();
  /** Of the latest handshake between two addresses, for connection IDs of no octets. */
  readonly #byAddresses = new Map<string, Route>();

  addConnectionId(connectionId: Uint8Array, route: Route): void {
    if (connectionId.length === 0) return;
    this.#byConnectionId.set(toHex(connectionId), route);
    this.#lengths.add(connectionId.length);
  }

  /** Packets from `client` to `server` go to the server, those back to the client. */
  addAddresses(client: Address, server: Address, connection: TracedConnection): void {
    this.#byAddresses.set(flow(client, server), { connection, receiver: 'server', pathId: 0 });
    this.#byAddresses.set(flow(server, client), { connection, receiver: 'client', pathId: 0 });
  }

  ofConnectionId(connectionId: Uint8Array): Route | undefined {
    return this.#byConnectionId.get(toHex(connectionId));
  }

  ofAddresses(from: Address, to: Address): Route | undefined {
    return this.#byAddresses.get(flow(from, to));
  }

  /** How many octets of a datagram that starts with a 1-RTT packet are a known connection ID; or 0. */
  shortHeaderIdLength(datagram: Uint8Array): number {
    for (const length of this.#lengths) {
      const connectionId = datagram.subarray(1, 1 + length);
      if (connectionId.length === length && this.ofConnectionId(connectionId)) return length;
    }
    return 0;
  }
}

function flow(from: Address, to: Address): string {
  return `${formatAddress(from)} ${formatAddress(to)}`;
}
