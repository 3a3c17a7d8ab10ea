import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  type ConnectionConfig,
  type ConnectionEvent,
  type ConnectionMachine,
  createConnectionSet,
} from '@mpquic/quic';
import { type LinkOptions, Simulation, type Wire } from '@mpquic/testkit';
import type { Address, Instant } from '@mpquic/wire';
import { benchPsk } from '../programs/session-setup.ts';
import { ConnectionHost } from './connection-host.ts';

const CLIENT: readonly Address[] = [
  { host: '10.1.0.1', port: 50_001 },
  { host: '10.2.0.1', port: 50_002 },
];
const SERVER: Address = { host: '10.9.0.1', port: 4433 };
const CHUNK = new Uint8Array(65_536);
const LIMIT = 20_000_000;

/** A client that downloads without end over one or two links, on a virtual clock. */
export class DownloadScene {
  readonly simulation: Simulation;
  /** One per path. */
  readonly wires: readonly Wire[];
  /** Octets that the client has read. */
  received = 0;
  /** When octets last arrived, and the longest time without since {@link watch}. Microseconds. */
  #lastArrival: Instant = 0;
  #longestSilence = 0;
  readonly #client: ConnectionMachine;
  readonly #server: ConnectionHost;
  #confirmed = false;
  #streamId: number | undefined;

  constructor(seed: number, links: readonly LinkOptions[]) {
    const simulation = new Simulation(seed);
    this.simulation = simulation;
    this.wires = links.map((link, i) => simulation.connect(CLIENT[i] as Address, SERVER, link));
    const config = (): ConnectionConfig => {
      const random = simulation.random.fork();
      return { crypto: { ...nodeCryptoProvider, random }, random, alpn: ['bench'] };
    };
    const serverSet = createConnectionSet();
    serverSet.listen({ ...config(), requirePsk: true });
    this.#server = new ConnectionHost(serverSet);
    const clientSet = createConnectionSet();
    const local = CLIENT[0] as Address;
    const client = { ...config(), psks: [benchPsk()], local, remote: SERVER };
    this.#client = clientSet.connect(client, 0);
    simulation.attach(new ConnectionHost(clientSet, this.#client), {
      addresses: CLIENT.slice(0, links.length),
      onEvent: (event, now) => this.#clientEvent(event, now),
    });
    simulation.attach(this.#server, {
      addresses: [SERVER],
      onEvent: (event, now) => this.#serverEvent(event, now),
    });
    this.#open(links.length);
  }

  /** The longest of the server's probe timeouts. Microseconds. */
  get probeTimeout(): number {
    return Math.max(...(this.#server.connection?.paths() ?? []).map(({ pto }) => pto));
  }

  /** The longest time without data since {@link watch}. Microseconds. */
  get longestSilence(): number {
    return Math.max(this.#longestSilence, this.simulation.now - this.#lastArrival);
  }

  watch(): void {
    this.#lastArrival = this.simulation.now;
    this.#longestSilence = 0;
  }

  /** Octets per second that arrive in one second, after half a second of slow start. */
  goodput(): number {
    this.simulation.runFor(500_000);
    const before = this.received;
    this.simulation.runFor(1_000_000);
    return this.received - before;
  }

  #open(paths: number): void {
    const { simulation } = this;
    simulation.runUntil(() => this.#confirmed, LIMIT, 'a confirmed handshake');
    for (let i = 1; i < paths; i++) {
      let pathId: number | undefined;
      simulation.runUntil(
        () => {
          pathId ??= this.#client.openPath(CLIENT[i] as Address, SERVER, simulation.now);
          const path = this.#server.connection?.paths().find(({ id }) => id === pathId);
          return path?.state === 'active';
        },
        LIMIT,
        'a validated path',
      );
    }
    this.#streamId = this.#server.connection?.openStream('uni');
    this.#fill();
  }

  #clientEvent(event: ConnectionEvent, now: Instant): void {
    if (event.type === 'handshake_confirmed') this.#confirmed = true;
    if (event.type !== 'stream_readable') return;
    for (;;) {
      const chunk = this.#client.readStream(event.streamId);
      if (chunk === undefined) break;
      this.received += chunk.data.length;
    }
    this.#longestSilence = Math.max(this.#longestSilence, now - this.#lastArrival);
    this.#lastArrival = now;
  }

  #serverEvent(event: ConnectionEvent, now: Instant): void {
    if (event.type === 'psk_lookup') {
      const psks = event.lookup.identities.map(() => benchPsk());
      this.#server.connection?.answerPskLookup(psks, now);
    } else if (event.type === 'stream_writable') this.#fill();
  }

  #fill(): void {
    const { connection } = this.#server;
    if (connection === undefined || this.#streamId === undefined) return;
    while (connection.writeStream(this.#streamId, CHUNK, false) === CHUNK.length);
  }
}
