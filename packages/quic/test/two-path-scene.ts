import assert from 'node:assert/strict';
import {
  type HostEvent,
  type LinkOptions,
  PausableMachine,
  SimulatedHost,
  Simulation,
  type Wire,
} from '@mpquic/testkit';
import type { ExternalPsk } from '@mpquic/tls';
import { type Address, utf8 } from '@mpquic/wire';
import type { ClientConfig, ConnectionConfig } from '../src/connection-config.ts';
import type { ConnectionMachine, ConnectionSet } from '../src/contract.ts';
import { createConnectionSet } from '../src/set/connection-set.ts';
import { SimulatedPeer } from './simulated-peer.ts';
import { simulationCrypto } from './simulation-crypto.ts';

export const CLIENT_3GPP: Address = { host: '10.1.0.1', port: 50_001 };
export const CLIENT_NON_3GPP: Address = { host: '10.2.0.1', port: 50_002 };
export const SERVER: Address = { host: '10.9.0.1', port: 4433 };

const PSK: ExternalPsk = {
  identity: utf8('ue-1@example.org'),
  key: new Uint8Array(32).fill(0x5a),
  hash: 'sha256',
  mode: 'raw',
};

export interface SceneOptions {
  readonly seed: number;
  /** Of both paths, unless {@link second} is given. */
  readonly link?: LinkOptions;
  readonly second?: LinkOptions;
  /** Called once for each end. */
  readonly config?: () => Partial<ConnectionConfig>;
}

type Host = SimulatedHost<ConnectionMachine, ConnectionSet>;
type Process = PausableMachine<HostEvent<ConnectionMachine>>;

/** A client with two addresses and a server with one, joined by one link per address of the client. */
export class TwoPathScene {
  readonly simulation: Simulation;
  readonly wires: readonly [Wire, Wire];
  readonly clientHost: Host;
  readonly serverHost: Host;
  /** What the ends run in. */
  readonly clientProcess: Process;
  readonly serverProcess: Process;
  readonly client: SimulatedPeer;
  #server: SimulatedPeer | undefined;

  constructor(options: SceneOptions) {
    const simulation = new Simulation(options.seed);
    this.simulation = simulation;
    const link = options.link ?? { delay: 10_000 };
    this.wires = [
      simulation.connect(CLIENT_3GPP, SERVER, link),
      simulation.connect(CLIENT_NON_3GPP, SERVER, options.second ?? link),
    ];
    const random = { client: simulation.random.fork(), server: simulation.random.fork() };
    const config = (role: 'client' | 'server'): ConnectionConfig => ({
      crypto: { ...simulationCrypto, random: random[role] },
      random: random[role],
      alpn: ['test'],
      initialMaxPathId: 4,
      ...options.config?.(),
    });
    this.serverHost = new SimulatedHost(createConnectionSet());
    this.serverHost.set.listen({ ...config('server'), requirePsk: true });
    this.clientHost = new SimulatedHost(createConnectionSet());
    const clientConfig: ClientConfig = {
      ...config('client'),
      psks: [PSK],
      serverName: 'upf.example.org',
      local: CLIENT_3GPP,
      remote: SERVER,
    };
    this.client = new SimulatedPeer(this.clientHost.set.connect(clientConfig, 0));
    this.clientHost.add(this.client.connection);
    this.clientProcess = new PausableMachine(this.clientHost);
    this.serverProcess = new PausableMachine(this.serverHost);
    simulation.attach(this.clientProcess, {
      addresses: [CLIENT_3GPP, CLIENT_NON_3GPP],
      onEvent: ({ event }, now) => this.client.handle(event, now),
    });
    simulation.attach(this.serverProcess, {
      addresses: [SERVER],
      onEvent: (event, now) => this.#serverEvent(event, now),
    });
  }

  get now(): number {
    return this.simulation.now;
  }

  /** The server's end of the connection. */
  get server(): SimulatedPeer {
    assert.ok(this.#server, 'the server has no connection yet');
    return this.#server;
  }

  get hasServer(): boolean {
    return this.#server !== undefined;
  }

  /** Runs the handshake until both sides know that it is confirmed. */
  handshake(limit = 20_000_000): this {
    const confirmed = (): boolean =>
      this.client.has('handshake_confirmed') && this.#server?.has('handshake_confirmed') === true;
    this.simulation.runUntil(confirmed, limit, 'a confirmed handshake');
    return this;
  }

  /** Opens the second path and runs until it is validated at both ends. Returns its ID. */
  openSecondPath(limit = 20_000_000): number {
    let pathId: number | undefined;
    const opened = (): boolean => {
      pathId ??= this.client.connection.openPath(CLIENT_NON_3GPP, SERVER, this.now);
      return pathId !== undefined;
    };
    this.simulation.runUntil(opened, limit, 'a second path');
    const active = (peer: SimulatedPeer): boolean =>
      peer.connection.paths().some((path) => path.id === pathId && path.state === 'active');
    this.simulation.runUntil(
      () => active(this.client) && active(this.server),
      limit,
      'validation of the second path',
    );
    return pathId as number;
  }

  /** Runs until the octets of all streams arrived, and both ends know. */
  runUntilDelivered(limit: number): void {
    const delivered = (from: SimulatedPeer, to: SimulatedPeer): boolean => {
      for (const [streamId, outgoing] of from.outgoing) {
        if (outgoing.resetCode !== undefined) continue;
        if (!outgoing.delivered || to.incoming.get(streamId)?.ended !== true) return false;
      }
      return true;
    };
    const { client, server } = this;
    this.simulation.runUntil(
      () => delivered(client, server) && delivered(server, client),
      limit,
      'delivery of all streams',
    );
  }

  #serverEvent({ connection, event }: HostEvent<ConnectionMachine>, now: number): void {
    if (this.#server?.connection !== connection) this.#server = new SimulatedPeer(connection);
    if (event.type === 'psk_lookup') {
      const psks = event.lookup.identities.map((identity) =>
        Buffer.compare(identity, PSK.identity) === 0 ? PSK : undefined,
      );
      connection.answerPskLookup(psks, now);
    }
    this.#server.handle(event, now);
  }
}
