import { type LinkOptions, SimulatedHost, Simulation, type Wire } from '@mpquic/testkit';
import type { ExternalPsk } from '@mpquic/tls';
import { type Address, concatBytes, type Instant, utf8 } from '@mpquic/wire';
import type { ClientConfig, ServerConfig } from '../src/connection-config.ts';
import type { ConnectionEvent } from '../src/connection-event.ts';
import type { ConnectionMachine, ConnectionSet } from '../src/contract.ts';
import { createConnectionSet } from '../src/set/connection-set.ts';
import { simulationCrypto } from './simulation-crypto.ts';

export const SERVER_ADDRESS: Address = { host: '192.0.2.1', port: 443 };
export const SECOND_SERVER_ADDRESS: Address = { host: '203.0.113.1', port: 443 };
export const CLIENT_ADDRESS: Address = { host: '198.51.100.1', port: 1111 };
export const SECOND_CLIENT_ADDRESS: Address = { host: '198.51.100.2', port: 2222 };

export const PSK: ExternalPsk = {
  identity: utf8('kid-1'),
  key: utf8('a key of thirty-two octets or so'),
  hash: 'sha256',
  mode: 'raw',
};

export interface PairOptions {
  readonly seed?: number;
  readonly link?: LinkOptions;
  /** Lays a second wire between the second addresses. */
  readonly secondLink?: LinkOptions;
  readonly client?: Partial<ClientConfig>;
  readonly server?: Partial<ServerConfig>;
  /** What the server knows; {@link PSK} alone when absent. */
  readonly psks?: readonly ExternalPsk[];
}

/** What one side saw, and answers to what it must answer. */
export class Side {
  readonly machine: SimulatedHost<ConnectionMachine, ConnectionSet> = new SimulatedHost(
    createConnectionSet(),
  );
  readonly events: ConnectionEvent[] = [];
  readonly received: Map<number, Uint8Array[]> = new Map();
  readonly finished: Set<number> = new Set();
  /** Called with every event, after the defaults. */
  onEvent: (connection: ConnectionMachine, event: ConnectionEvent, now: Instant) => void = () => {};
  /** Whether what can be read is read at once. */
  reads = true;

  get connection(): ConnectionMachine {
    const [connection] = this.machine.connections;
    if (connection === undefined) throw new Error('there is no connection yet');
    return connection;
  }

  /** All events of one type. */
  all<T extends ConnectionEvent['type']>(
    type: T,
  ): readonly Extract<ConnectionEvent, { readonly type: T }>[] {
    return this.events.filter(
      (event): event is Extract<ConnectionEvent, { readonly type: T }> => event.type === type,
    );
  }

  has(type: ConnectionEvent['type']): boolean {
    return this.events.some((event) => event.type === type);
  }

  /** Octets of a stream that were read so far. */
  octets(streamId: number): number {
    let octets = 0;
    for (const chunk of this.received.get(streamId) ?? []) octets += chunk.length;
    return octets;
  }

  /** All octets of a stream that were read so far. */
  content(streamId: number): Uint8Array {
    return concatBytes(...(this.received.get(streamId) ?? []));
  }

  read(connection: ConnectionMachine, streamId: number): void {
    const chunks = this.received.get(streamId) ?? [];
    this.received.set(streamId, chunks);
    for (let chunk = connection.readStream(streamId); chunk; ) {
      chunks.push(chunk.data);
      if (chunk.fin) this.finished.add(streamId);
      chunk = connection.readStream(streamId);
    }
  }
}

/** A client and a server over simulated wires. */
export class Pair {
  readonly simulation: Simulation;
  readonly client: Side = new Side();
  readonly server: Side = new Side();
  readonly wire: Wire;
  readonly secondWire: Wire;

  constructor(options: PairOptions = {}) {
    this.simulation = new Simulation(options.seed ?? 1);
    const { simulation } = this;
    const link = options.link ?? { delay: 10_000 };
    this.wire = simulation.connect(CLIENT_ADDRESS, SERVER_ADDRESS, link);
    this.secondWire = simulation.connect(
      SECOND_CLIENT_ADDRESS,
      SERVER_ADDRESS,
      options.secondLink ?? link,
    );
    simulation.connect(SECOND_CLIENT_ADDRESS, SECOND_SERVER_ADDRESS, options.secondLink ?? link);
    const psks = options.psks ?? [PSK];
    simulation.attach(this.server.machine, {
      addresses: [SERVER_ADDRESS, SECOND_SERVER_ADDRESS],
      onEvent: ({ connection, event }, now) =>
        this.#note(this.server, connection, event, now, psks),
    });
    simulation.attach(this.client.machine, {
      addresses: [CLIENT_ADDRESS, SECOND_CLIENT_ADDRESS],
      onEvent: ({ connection, event }, now) =>
        this.#note(this.client, connection, event, now, psks),
    });
    this.server.machine.set.listen({
      crypto: simulationCrypto,
      random: simulation.random.fork(),
      alpn: ['test'],
      requirePsk: true,
      ...options.server,
    });
    this.connect(options.client);
  }

  /** Another client connection. */
  connect(config: Partial<ClientConfig> = {}): ConnectionMachine {
    const connection = this.client.machine.set.connect(
      {
        crypto: simulationCrypto,
        random: this.simulation.random.fork(),
        alpn: ['test'],
        psks: [PSK],
        local: CLIENT_ADDRESS,
        remote: SERVER_ADDRESS,
        ...config,
      },
      this.simulation.now,
    );
    this.client.machine.add(connection);
    return connection;
  }

  /** Runs until both sides have confirmed the handshake. */
  establish(): this {
    const done = (): boolean =>
      this.client.has('handshake_confirmed') && this.server.has('handshake_confirmed');
    this.simulation.runUntil(done, 5_000_000, 'the handshake');
    return this;
  }

  /** Runs until `done`, at most so many microseconds. */
  until(done: () => boolean, limit = 10_000_000, what = 'the goal'): this {
    this.simulation.runUntil(done, limit, what);
    return this;
  }

  /** Opens a second path from the second client address and runs until both sides validated it. */
  openSecondPath(): number {
    const { simulation, client, server } = this;
    let pathId: number | undefined;
    simulation.runUntil(
      () => {
        pathId ??= client.connection.openPath(
          SECOND_CLIENT_ADDRESS,
          SERVER_ADDRESS,
          simulation.now,
        );
        return pathId !== undefined;
      },
      5_000_000,
      'a path',
    );
    const validated = (side: Side): boolean =>
      side.all('path_validated').some((event) => event.pathId === pathId);
    simulation.runUntil(() => validated(client) && validated(server), 5_000_000, 'validation');
    return pathId as number;
  }

  #note(
    side: Side,
    connection: ConnectionMachine,
    event: ConnectionEvent,
    now: Instant,
    psks: readonly ExternalPsk[],
  ): void {
    side.events.push(event);
    if (event.type === 'psk_lookup') {
      const found = event.lookup.identities.map((identity) =>
        psks.find((psk) => Buffer.compare(psk.identity, identity) === 0),
      );
      connection.answerPskLookup(found, now);
    }
    if (event.type === 'stream_readable' && side.reads) side.read(connection, event.streamId);
    side.onEvent(connection, event, now);
  }
}
