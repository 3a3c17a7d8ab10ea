import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  type ClientConfig,
  type ConnectionEvent,
  type ConnectionMachine,
  type ConnectionSet,
  createConnectionSet,
  type LentOctets,
  type ServerConfig,
} from '@mpquic/quic';
import {
  type HostEvent,
  type LinkOptions,
  SimulatedHost,
  Simulation,
  type Wire,
} from '@mpquic/testkit';
import { type ExternalPsk, pskIdentitiesOnWire } from '@mpquic/tls';
import { type Address, concatBytes, equalBytes, type Instant } from '@mpquic/wire';
import { createNgtcp2ConnectionSet, ngtcp2Version } from '../src/index.ts';

/** Why tests of the engine cannot run here, or false. */
export const notBuilt: string | false =
  ngtcp2Version() === undefined ? 'run scripts/build-ngtcp2-wasm.sh' : false;

export type EngineName = 'ours' | 'ngtcp2';

export const SERVER: Address = { host: '192.0.2.1', port: 443 };
export const CLIENT: Address = { host: '198.51.100.1', port: 1111 };
export const OTHER_CLIENT: Address = { host: '198.51.100.2', port: 2222 };

/** A binary identity with zero octets, as a KID may be. */
export const PSK: ExternalPsk = {
  identity: Uint8Array.of(0, 255, 10, 0, 1, 2, 3),
  key: Uint8Array.from({ length: 32 }, (_, i) => i + 1),
  hash: 'sha256',
  mode: 'raw',
};

/** What one side saw; what can be read is read at once. */
export class Side {
  readonly host: SimulatedHost<ConnectionMachine, ConnectionSet>;
  readonly events: ConnectionEvent[] = [];
  readonly received: Map<number, Uint8Array[]> = new Map();
  readonly finished: Set<number> = new Set();
  readonly datagrams: Uint8Array[] = [];
  /** Reads by `peekStream` rather than `readStream`. */
  readsLent = false;
  onEvent: (connection: ConnectionMachine, event: ConnectionEvent) => void = () => undefined;

  constructor(engine: EngineName | ConnectionSet) {
    this.host = new SimulatedHost(typeof engine === 'object' ? engine : createSet(engine));
  }

  get set(): ConnectionSet {
    return this.host.set;
  }

  get connections(): readonly ConnectionMachine[] {
    return this.host.connections;
  }

  get connection(): ConnectionMachine {
    const [connection] = this.connections;
    if (connection === undefined) throw new Error('there is no connection yet');
    return connection;
  }

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

  content(streamId: number): Uint8Array {
    return concatBytes(...(this.received.get(streamId) ?? []));
  }

  take(
    { connection, event }: HostEvent<ConnectionMachine>,
    now: Instant,
    psks: readonly ExternalPsk[],
  ): void {
    this.events.push(event);
    if (event.type === 'psk_lookup') {
      const found = event.lookup.identities.map((identity) =>
        psks.find((psk) =>
          pskIdentitiesOnWire(psk).some((on) => equalBytes(on.identity, identity)),
        ),
      );
      connection.answerPskLookup(found, now);
    }
    if (event.type === 'stream_readable') this.#read(connection, event.streamId);
    if (event.type === 'datagram') this.datagrams.push(event.data);
    this.onEvent(connection, event);
  }

  #read(connection: ConnectionMachine, streamId: number): void {
    const chunks = this.received.get(streamId) ?? [];
    this.received.set(streamId, chunks);
    if (this.readsLent) {
      this.#readLent(connection, streamId, chunks);
      return;
    }
    for (let chunk = connection.readStream(streamId); chunk; ) {
      chunks.push(chunk.data);
      if (chunk.fin) this.finished.add(streamId);
      chunk = connection.readStream(streamId);
    }
  }

  /** Consumes what it is shown in two parts. */
  #readLent(connection: ConnectionMachine, streamId: number, chunks: Uint8Array[]): void {
    const lent: LentOctets = { source: new Uint8Array(0), start: 0, end: 0 };
    for (let part = 0; connection.peekStream(streamId, lent); part++) {
      const length = lent.end - lent.start;
      const count = part % 2 === 0 ? length >> 1 : length;
      chunks.push(lent.source.slice(lent.start, lent.start + count));
      if (connection.consumeStream(streamId, count)) this.finished.add(streamId);
    }
  }
}

function createSet(engine: EngineName): ConnectionSet {
  return engine === 'ours' ? createConnectionSet() : createNgtcp2ConnectionSet();
}

export interface EnginePairOptions {
  readonly client?: EngineName;
  readonly server?: EngineName | ConnectionSet;
  readonly seed?: number;
  readonly link?: LinkOptions;
  readonly clientConfig?: Partial<ClientConfig>;
  readonly serverConfig?: Partial<ServerConfig>;
  /** What the server knows; {@link PSK} alone when absent. */
  readonly psks?: readonly ExternalPsk[];
}

/** A client of one engine and a server of another over simulated wires, on a virtual clock. */
export class EnginePair {
  readonly simulation: Simulation;
  readonly client: Side;
  readonly server: Side;
  readonly wire: Wire;

  constructor(options: EnginePairOptions) {
    const { client = 'ours', server = 'ours', seed = 1, link = { delay: 10_000 } } = options;
    const { psks = [PSK] } = options;
    this.simulation = new Simulation(seed);
    this.client = new Side(client);
    this.server = new Side(server);
    this.wire = this.simulation.connect(CLIENT, SERVER, link);
    this.simulation.connect(OTHER_CLIENT, SERVER, link);
    for (const [side, addresses] of [
      [this.server, [SERVER]],
      [this.client, [CLIENT, OTHER_CLIENT]],
    ] as const) {
      this.simulation.attach(side.host, {
        addresses,
        onEvent: (event, now) => side.take(event, now, psks),
      });
    }
    const common = { crypto: nodeCryptoProvider, alpn: ['test'] };
    this.server.set.listen({
      ...common,
      random: this.simulation.random.fork(),
      requirePsk: true,
      ...options.serverConfig,
    });
    const connection = this.client.set.connect(
      {
        ...common,
        random: this.simulation.random.fork(),
        psks: [PSK],
        local: CLIENT,
        remote: SERVER,
        ...options.clientConfig,
      },
      this.simulation.now,
    );
    this.client.host.add(connection);
  }

  /** Runs until both sides have confirmed the handshake. */
  establish(): this {
    return this.until(
      () => this.client.has('handshake_confirmed') && this.server.has('handshake_confirmed'),
      'the handshake',
    );
  }

  until(done: () => boolean, what: string, limit = 20_000_000): this {
    this.simulation.runUntil(done, limit, what);
    return this;
  }
}
