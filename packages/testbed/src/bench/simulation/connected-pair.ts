import { fastestCrypto } from '@mpquic/endpoint';
import {
  type ConnectionConfig,
  type ConnectionEvent,
  type ConnectionMachine,
  type ConnectionSet,
  createConnectionSet,
} from '@mpquic/quic';
import { type LinkOptions, SimulatedHost, Simulation, type Wire } from '@mpquic/testkit';
import type { Address, Instant } from '@mpquic/wire';
import { benchPsk } from '../programs/session-setup.ts';

const CLIENT: readonly Address[] = [
  { host: '10.1.0.1', port: 50_001 },
  { host: '10.2.0.1', port: 50_002 },
];
const SERVER: Address = { host: '10.9.0.1', port: 4433 };
const LIMIT = 60_000_000;

export interface ConnectedPairOptions {
  /** Makes the connection set of either end. Default: of this project. */
  readonly createSet?: () => ConnectionSet;
  /** Of both ends, beyond what every connection has. */
  readonly both?: Partial<ConnectionConfig>;
  /** Beyond what every connection has. */
  readonly server?: Partial<ConnectionConfig> | undefined;
  readonly clientEvent?: (event: ConnectionEvent, now: Instant) => void;
  readonly serverEvent?: (event: ConnectionEvent, now: Instant) => void;
}

/** A client and a server with a path over each link, connected and confirmed, on a virtual clock. */
export class ConnectedPair {
  readonly simulation: Simulation;
  /** One per path. */
  readonly wires: readonly Wire[];
  readonly client: ConnectionMachine;
  readonly #server: SimulatedHost<ConnectionMachine, ConnectionSet>;
  #confirmed = false;

  constructor(seed: number, links: readonly LinkOptions[], options: ConnectedPairOptions = {}) {
    const simulation = new Simulation(seed);
    this.simulation = simulation;
    this.wires = links.map((link, i) => simulation.connect(CLIENT[i] as Address, SERVER, link));
    const config = (): ConnectionConfig => {
      const random = simulation.random.fork();
      const crypto = { ...fastestCrypto, random };
      return { crypto, random, alpn: ['bench'], ...options.both };
    };
    const createSet = options.createSet ?? createConnectionSet;
    const serverSet = createSet();
    serverSet.listen({ ...config(), requirePsk: true, ...options.server });
    this.#server = new SimulatedHost(serverSet);
    const clientSet = createSet();
    const local = CLIENT[0] as Address;
    this.client = clientSet.connect({ ...config(), psks: [benchPsk()], local, remote: SERVER }, 0);
    const clientHost = new SimulatedHost<ConnectionMachine, ConnectionSet>(clientSet);
    clientHost.add(this.client);
    simulation.attach(clientHost, {
      addresses: CLIENT.slice(0, links.length),
      onEvent: ({ event }, now) => {
        if (event.type === 'handshake_confirmed') this.#confirmed = true;
        options.clientEvent?.(event, now);
      },
    });
    simulation.attach(this.#server, {
      addresses: [SERVER],
      onEvent: ({ connection, event }, now) => {
        if (event.type === 'psk_lookup') {
          const psks = event.lookup.identities.map(() => benchPsk());
          connection.answerPskLookup(psks, now);
        }
        options.serverEvent?.(event, now);
      },
    });
    this.#open(links.length);
  }

  /** There from the handshake on. */
  get server(): ConnectionMachine {
    return this.#server.connections[0] as ConnectionMachine;
  }

  /** Nothing passes over a link any more, or everything again. */
  cut(index: number, blackhole = true): void {
    this.wires[index]?.forth.set({ blackhole });
    this.wires[index]?.back.set({ blackhole });
  }

  #open(paths: number): void {
    const { simulation } = this;
    simulation.runUntil(() => this.#confirmed, LIMIT, 'a confirmed handshake');
    for (let i = 1; i < paths; i++) {
      let pathId: number | undefined;
      simulation.runUntil(
        () => {
          pathId ??= this.client.openPath(CLIENT[i] as Address, SERVER, simulation.now);
          const path = this.#server.connections[0]?.paths().find(({ id }) => id === pathId);
          return path?.state === 'active';
        },
        LIMIT,
        'a validated path',
      );
    }
  }
}
