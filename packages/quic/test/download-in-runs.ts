import { nodeCryptoProvider } from '@mpquic/crypto';
import { SeededRandom } from '@mpquic/testkit';
import {
  type Address,
  concatBytes,
  createTransmit,
  type DatagramRun,
  Ecn,
  type Transmit,
  utf8,
} from '@mpquic/wire';
import type { ConnectionConfig } from '../src/connection-config.ts';
import type { ConnectionMachine } from '../src/contract.ts';
import { createConnectionSet } from '../src/set/connection-set.ts';
import { openingRuns } from './run-opener.ts';

const CLIENT: Address = { host: '10.1.0.1', port: 1111 };
const SECOND_CLIENT: Address = { host: '10.2.0.1', port: 2222 };
const SERVER: Address = { host: '10.9.0.1', port: 4433 };
const PSK = {
  identity: utf8('ue'),
  key: new Uint8Array(32).fill(9),
  hash: 'sha256',
  mode: 'raw',
} as const;
const STEP = 2_000;
/** Steps within which all must have arrived. */
const PATIENCE = 3_000;

export const FAULTS = [
  'none',
  'drop',
  'duplicate',
  'swap',
  'forge',
  'foreign',
  'ce',
  'keys',
  'hold',
] as const;

/** What becomes of a run of datagrams on its way to the client, and of which of them. */
export type Fault = readonly [kind: (typeof FAULTS)[number], at: number];

/** Octets for a stream, or its end. */
export interface Write {
  readonly stream: number;
  readonly octets: number;
  readonly fin: boolean;
  /** Datagrams beside it. */
  readonly datagrams?: number;
}

export interface Script {
  readonly seed: number;
  /** One in each step. */
  readonly writes: readonly Write[];
  /** One for each run. */
  readonly faults: readonly Fault[];
  /** Whether the application reads, in each step. */
  readonly reads: readonly boolean[];
}

/** Octets of a stream from an offset on. */
export function octetsOf(stream: number, offset: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = ((offset + i) * 7 + stream * 31) % 251;
  return octets;
}

interface Received {
  readonly pieces: Uint8Array[];
  length: number;
}

/** A download over two paths whose datagrams come to the client as runs, or each for itself. */
export class DownloadInRuns {
  /** All that can be seen of the client: events, statistics, deadlines, what it sends. */
  readonly trace: string[] = [];
  /** Packets that were received together with another before them. */
  taken = 0;
  readonly #script: Script;
  readonly #asRuns: boolean;
  readonly #clientSet = createConnectionSet();
  readonly #serverSet = createConnectionSet();
  readonly #client: ConnectionMachine;
  #server: ConnectionMachine | undefined;
  readonly #transmit: Transmit = createTransmit(65_536);
  readonly #streams: number[] = [];
  readonly #received = new Map<number, Received>();
  readonly #sent = new Map<number, number>();
  readonly #ended = new Set<number>();
  readonly #readable = new Set<number>();
  /** Datagrams that are late, with their path. */
  #held: { readonly local: Address; readonly octets: readonly Uint8Array[] } | undefined;
  #confirmed = false;
  #faulty = false;
  #keysUpdated = false;
  #runs = 0;
  #serial = 0;
  #now = 1;

  constructor(script: Script, asRuns: boolean) {
    this.#script = script;
    this.#asRuns = asRuns;
    const config = (seed: number): ConnectionConfig => {
      const random = new SeededRandom(seed);
      const crypto = { ...openingRuns(nodeCryptoProvider), random };
      const limits = { initialMaxPathId: 1, initialMaxStreamData: 60_000, initialMaxData: 90_000 };
      return { crypto, random, alpn: ['test'], ...limits };
    };
    this.#serverSet.listen({ ...config(2 * script.seed), requirePsk: true });
    const client = { ...config(2 * script.seed + 1), psks: [PSK], local: CLIENT, remote: SERVER };
    this.#client = this.#clientSet.connect(client, 0);
  }

  /** The octets of each stream. */
  get received(): Map<number, Uint8Array> {
    const octets = ([id, { pieces }]: [number, Received]) => [id, concatBytes(...pieces)] as const;
    return new Map([...this.#received].map(octets));
  }

  /** Plays the script, and then all to its end. */
  play(): void {
    this.#until(() => this.#confirmed, 'the handshake');
    this.#until(
      () => this.#client.openPath(SECOND_CLIENT, SERVER, this.#now) !== undefined,
      'a path',
    );
    this.#until(() => this.#client.paths().every(({ state }) => state === 'active'), 'validation');
    this.#faulty = true;
    for (const [i, write] of this.#script.writes.entries()) {
      this.#write(write);
      this.#step(this.#script.reads[i % this.#script.reads.length] === true);
    }
    this.#faulty = false;
    this.#until(() => this.#isComplete(), 'all octets');
  }

  #isComplete(): boolean {
    return [...this.#sent].every(([id, octets]) => this.#received.get(id)?.length === octets);
  }

  #until(done: () => boolean, what: string): void {
    for (let i = 0; !done(); i++) {
      if (i === PATIENCE) throw new Error(`${what}: ${this.trace.at(-1)}`);
      this.#step(true);
    }
  }

  #write({ stream, octets, fin, datagrams = 0 }: Write): void {
    const server = this.#server as ConnectionMachine;
    for (let i = 0; i < datagrams; i++) server.sendDatagram(new Uint8Array(900).fill(i + octets));
    this.#streams[stream] ??= server.openStream('uni') as number;
    const id = this.#streams[stream];
    if (this.#ended.has(id)) return;
    const sent = this.#sent.get(id) ?? 0;
    const data = octetsOf(stream, sent, octets);
    this.#sent.set(id, sent + server.writeStream(id, data, fin));
    if (fin) this.#ended.add(id);
  }

  #step(reads: boolean): void {
    this.#now += STEP;
    for (const machine of [this.#client, this.#server]) {
      const timeout = machine?.nextTimeout();
      if (timeout !== undefined && timeout <= this.#now) machine?.handleTimeout(this.#now);
    }
    while (this.#sendDown());
    this.#takeEvents(reads);
    while (this.#sendUp());
    this.#takeEvents(reads);
  }

  #sendUp(): boolean {
    const transmit = this.#transmit;
    if (!this.#client.nextTransmit(this.#now, transmit, 20)) return false;
    const { buffer, start, length, segmentSize, local = CLIENT } = transmit;
    this.trace.push(`sends ${length} of ${segmentSize} from ${local.port}`);
    for (let at = start; at < start + length; at += segmentSize) {
      const payload = buffer.slice(at, Math.min(at + segmentSize, start + length));
      this.#serverSet.receiveDatagram({ local: SERVER, remote: local, payload }, this.#now);
      this.#server ??= this.#serverSet.nextAccepted();
    }
    return true;
  }

  #sendDown(): boolean {
    const transmit = this.#transmit;
    if (this.#server?.nextTransmit(this.#now, transmit, 20) !== true) return false;
    const { buffer, start, length, segmentSize, remote = CLIENT } = transmit;
    const datagrams: Uint8Array[] = [];
    for (let at = start; at < start + length; at += segmentSize) {
      datagrams.push(buffer.slice(at, Math.min(at + segmentSize, start + length)));
    }
    const local = remote.port === SECOND_CLIENT.port ? SECOND_CLIENT : CLIENT;
    this.#runs += 1;
    const { faults } = this.#script;
    const fault = this.#faulty ? faults[this.#runs % faults.length] : undefined;
    const late = this.#held;
    this.#held = undefined;
    if (fault?.[0] === 'hold') this.#held = { local, octets: datagrams };
    else this.#deliver(local, this.#spoil(datagrams, fault), fault?.[0] === 'ce');
    if (late !== undefined) this.#deliver(late.local, late.octets, false);
    return true;
  }

  /** The datagrams as they arrive. */
  #spoil(datagrams: readonly Uint8Array[], fault: Fault | undefined): readonly Uint8Array[] {
    if (fault === undefined) return datagrams;
    const [kind, place] = fault;
    const at = place % datagrams.length;
    const hit = datagrams[at] as Uint8Array;
    if (kind === 'drop') return datagrams.toSpliced(at, 1);
    if (kind === 'duplicate') return datagrams.toSpliced(at, 0, hit.slice());
    if (kind === 'swap') return [...datagrams.slice(at), ...datagrams.slice(0, at)];
    if (kind === 'forge') hit[hit.length - 20] = (hit[hit.length - 20] as number) ^ 1;
    if (kind === 'foreign') hit[4] = (hit[4] as number) ^ 1;
    if (kind === 'keys' && !this.#keysUpdated) {
      this.#keysUpdated = true;
      this.#server?.updateKeys(this.#now);
    }
    return datagrams;
  }

  /** As a socket does: runs of datagrams of one size, but for the last of each. */
  #deliver(local: Address, datagrams: readonly Uint8Array[], marked: boolean): void {
    const ecn = marked ? Ecn.ce : Ecn.notEct;
    for (let first = 0; first < datagrams.length; ) {
      const size = datagrams[first]?.length ?? 0;
      let end = first + 1;
      while (end < datagrams.length && datagrams[end - 1]?.length === size) {
        if ((datagrams[end]?.length ?? 0) > size) break;
        end += 1;
      }
      this.#deliverRun(local, datagrams.slice(first, end), size, ecn);
      first = end;
    }
    const { packetsDropped, ...stats } = this.#client.stats();
    this.trace.push(JSON.stringify([stats, packetsDropped, this.#clientSet.dropped]));
    this.trace.push(`${this.#client.nextTimeout()} ${JSON.stringify(this.#client.paths())}`);
  }

  #deliverRun(
    local: Address,
    datagrams: readonly Uint8Array[],
    segmentSize: number,
    ecn: Ecn,
  ): void {
    const end = datagrams.reduce((sum, { length }) => sum + length, 0);
    const buffer = new Uint8Array(end);
    for (const [i, octets] of datagrams.entries()) buffer.set(octets, i * segmentSize);
    this.#serial += 1;
    const serial = this.#serial;
    for (let at = 0, taken = 1; at < end; at += taken * segmentSize) {
      const payload = buffer.subarray(at, Math.min(at + segmentSize, end));
      const run: DatagramRun = { serial, buffer, at, segmentSize, end, taken: 1 };
      const isRun = this.#asRuns && datagrams.length > 1;
      const datagram = { local, remote: SERVER, payload, ecn, run: isRun ? run : undefined };
      this.#clientSet.receiveDatagram(datagram, this.#now);
      taken = run.taken;
      this.taken += taken - 1;
    }
  }

  #takeEvents(reads: boolean): void {
    for (let event = this.#server?.nextEvent(); event; event = this.#server?.nextEvent()) {
      if (event.type === 'psk_lookup') this.#server?.answerPskLookup([PSK], this.#now);
    }
    for (let event = this.#client.nextEvent(); event; event = this.#client.nextEvent()) {
      this.trace.push(JSON.stringify(event));
      if (event.type === 'handshake_confirmed') this.#confirmed = true;
      if (event.type === 'stream_readable') this.#readable.add(event.streamId);
    }
    if (reads) for (const id of this.#readable) this.#read(id);
  }

  #read(id: number): void {
    this.#readable.delete(id);
    const received = this.#received.get(id) ?? { pieces: [], length: 0 };
    this.#received.set(id, received);
    for (let chunk = this.#client.readStream(id); chunk; chunk = this.#client.readStream(id)) {
      received.pieces.push(chunk.data.slice());
      received.length += chunk.data.length;
      if (chunk.fin) this.trace.push(`end of ${id}`);
      this.#client.recycle?.(chunk.data);
    }
    this.trace.push(`read ${received.length} of ${id}`);
  }
}
