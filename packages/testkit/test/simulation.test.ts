import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Address,
  type Datagram,
  Ecn,
  formatAddress,
  type Instant,
  type Machine,
  type Transmit,
} from '@mpquic/wire';
import { Simulation, SimulationError } from '../src/index.ts';

const client: Address = { host: '10.0.0.1', port: 1 };
const client2: Address = { host: '10.0.1.1', port: 1 };
const server: Address = { host: '10.0.0.2', port: 2 };

/** Sends a run of numbered datagrams, and each again every 100 ms until it comes back. */
class Sender implements Machine<number> {
  transmissions = 0;
  readonly marks: Ecn[] = [];
  readonly #waiting = new Set<number>();
  #queue: number[] = [];
  readonly #echoed: number[] = [];
  readonly #size: number;
  readonly #local: Address | undefined;
  #due: Instant | undefined;

  constructor(count: number, size = 100, local: Address | 'any' = client) {
    this.#size = size;
    this.#local = local === 'any' ? undefined : local;
    for (let i = 0; i < count; i++) this.#queue.push(i);
    for (const number of this.#queue) this.#waiting.add(number);
  }

  get left(): number {
    return this.#waiting.size;
  }

  receiveDatagram(datagram: Datagram): void {
    const number = (datagram.payload[0] as number) * 256 + (datagram.payload[1] as number);
    this.marks.push(datagram.ecn ?? Ecn.notEct);
    if (this.#waiting.delete(number)) this.#echoed.push(number);
    if (this.left === 0) this.#due = undefined;
  }

  handleTimeout(): void {
    this.#queue = [...this.#waiting];
  }

  nextTransmit(now: Instant, into: Transmit, maxDatagrams: number): boolean {
    const run = this.#queue.splice(0, maxDatagrams);
    if (run.length === 0) return false;
    this.transmissions += run.length;
    into.buffer.fill(7, 0, run.length * this.#size);
    run.forEach((number, i) => {
      into.buffer.set([number >>> 8, number & 255], into.start + i * this.#size);
    });
    into.length = run.length * this.#size;
    into.segmentSize = this.#size;
    into.datagrams = run.length;
    into.local = this.#local;
    into.remote = server;
    into.ecn = Ecn.ect0;
    this.#due = now + 100_000;
    return true;
  }

  nextTimeout(): Instant | undefined {
    return this.#due;
  }

  nextEvent(): number | undefined {
    return this.#echoed.shift();
  }
}

/** Sends everything back to where it came from. */
class Echo implements Machine<never> {
  readonly sources = new Set<string>();
  readonly received: Uint8Array[] = [];
  readonly #out: Datagram[] = [];

  receiveDatagram(datagram: Datagram): void {
    this.sources.add(formatAddress(datagram.remote));
    this.received.push(datagram.payload);
    this.#out.push(datagram);
  }

  handleTimeout(): void {}

  nextTransmit(_now: Instant, into: Transmit): boolean {
    const datagram = this.#out.shift();
    if (datagram === undefined) return false;
    into.buffer.set(datagram.payload, into.start);
    into.length = datagram.payload.length;
    into.segmentSize = datagram.payload.length;
    into.datagrams = 1;
    into.local = datagram.local;
    into.remote = datagram.remote;
    into.ecn = datagram.ecn ?? Ecn.notEct;
    return true;
  }

  nextTimeout(): undefined {
    return undefined;
  }

  nextEvent(): undefined {
    return undefined;
  }
}

test('a run is split into datagrams, which take one delay each way', () => {
  const simulation = new Simulation(1);
  const sender = new Sender(100);
  const events: number[] = [];
  simulation.attach(sender, { addresses: [client], onEvent: (event) => events.push(event) });
  simulation.attach(new Echo(), { addresses: [server] });
  const wire = simulation.connect(client, server, { delay: 25_000 });
  simulation.runUntil(() => sender.left === 0, 1_000_000);
  assert.equal(simulation.now, 50_000);
  assert.equal(sender.transmissions, 100);
  assert.deepEqual(
    events,
    Array.from({ length: 100 }, (_, i) => i),
  );
  assert.equal(wire.forth.statistics.delivered, 100);
  assert.equal(wire.back.statistics.deliveredOctets, 100 * 100);
});

function lossyRun(seed: number): string {
  const simulation = new Simulation(seed);
  const sender = new Sender(200);
  simulation.attach(sender, { addresses: [client] });
  simulation.attach(new Echo(), { addresses: [server] });
  const wire = simulation.connect(client, server, {
    delay: 10_000,
    jitter: 5_000,
    loss: 0.1,
    duplication: 0.1,
    reordering: 0.2,
    corruption: 0.05,
  });
  simulation.runUntil(() => sender.left === 0, 60_000_000);
  return JSON.stringify([simulation.now, sender.transmissions, wire]);
}

test('a seed repeats its run exactly, another seed gives another run', () => {
  assert.equal(lossyRun(7), lossyRun(7));
  assert.notEqual(lossyRun(7), lossyRun(8));
});

test('faults come as often as asked for', () => {
  const simulation = new Simulation(3);
  const sender = new Sender(10_000);
  const echo = new Echo();
  simulation.attach(sender, { addresses: [client] });
  simulation.attach(echo, { addresses: [server] });
  const { forth } = simulation.connect(
    client,
    server,
    { loss: 0.1, duplication: 0.2, reordering: 0.3, corruption: 0.4, congestionMarking: 0.5 },
    { blackhole: true },
  );
  simulation.runFor(1_000);
  const { sent, lost, delivered, duplicated, reordered, corrupted } = forth.statistics;
  const near = (actual: number, wanted: number): void =>
    assert.ok(Math.abs(actual - wanted) < wanted * 0.1, `${actual} is not near ${wanted}`);
  assert.equal(sent, 10_000);
  near(lost, 1_000);
  near(duplicated, 1_800);
  assert.equal(delivered, sent - lost + duplicated);
  near(reordered, delivered * 0.3);
  near(corrupted, delivered * 0.4);
  simulation.runFor(20_000);
  assert.equal(echo.received.length, delivered);
});

test('the rate spaces datagrams, and what does not fit the queue is dropped', () => {
  const simulation = new Simulation(1);
  const sender = new Sender(100, 972);
  const echo = new Echo();
  simulation.attach(sender, { addresses: [client] });
  simulation.attach(echo, { addresses: [server] });
  // 1000 octets with headers: 1 ms each at 8 Mbit/s.
  const { forth } = simulation.connect(client, server, { rate: 8_000_000, queueLimit: 20_000 });
  simulation.runFor(10_000);
  assert.equal(echo.received.length, 10);
  simulation.runFor(15_000);
  assert.equal(echo.received.length, 20);
  assert.equal(forth.statistics.queueDropped, 80);
});

test('large datagrams do not pass a smaller MTU, and nothing passes a black hole', () => {
  const simulation = new Simulation(1);
  const sender = new Sender(1, 1300);
  simulation.attach(sender, { addresses: [client] });
  simulation.attach(new Echo(), { addresses: [server] });
  const { forth } = simulation.connect(client, server, { mtu: 1299 }, {});
  simulation.runFor(50_000);
  assert.equal(forth.statistics.tooLarge, 1);
  forth.set({ mtu: 1300, blackhole: true });
  simulation.runFor(100_000);
  assert.equal(forth.statistics.blackholed, 1);
  simulation.at(simulation.now + 100_000, () => forth.set({ blackhole: false }));
  simulation.runUntil(() => sender.left === 0, 1_000_000);
  assert.equal(sender.transmissions, 4);
});

test('a NAT rebinding changes the source, and answers to the old one are lost', () => {
  const simulation = new Simulation(1);
  const sender = new Sender(1);
  const echo = new Echo();
  simulation.attach(sender, { addresses: [client] });
  simulation.attach(echo, { addresses: [server] });
  simulation.connect(client, server, { delay: 20_000 });
  simulation.at(30_000, () => simulation.rebind(client, { host: '192.0.2.1', port: 99 }));
  simulation.runUntil(() => sender.left === 0, 1_000_000);
  assert.equal(sender.transmissions, 2);
  assert.deepEqual([...echo.sources], ['10.0.0.1:1', '192.0.2.1:99']);
});

test('a machine that leaves the local address open sends where a link leads to the remote', () => {
  const simulation = new Simulation(1);
  const sender = new Sender(1, 100, 'any');
  const echo = new Echo();
  simulation.attach(sender, { addresses: [client, client2] });
  simulation.attach(echo, { addresses: [server] });
  simulation.connect(client2, server);
  simulation.runUntil(() => sender.left === 0, 1_000);
  assert.deepEqual([...echo.sources], ['10.0.1.1:1']);
});

test('ECN marks travel, are changed to CE, or cleared', () => {
  const marksWith = (options: { congestionMarking?: number; clearsEcn?: boolean }): Ecn[] => {
    const simulation = new Simulation(1);
    const sender = new Sender(1);
    simulation.attach(sender, { addresses: [client] });
    simulation.attach(new Echo(), { addresses: [server] });
    simulation.connect(client, server, options);
    simulation.runUntil(() => sender.left === 0, 1_000);
    return sender.marks;
  };
  assert.deepEqual(marksWith({}), [Ecn.ect0]);
  assert.deepEqual(marksWith({ congestionMarking: 1 }), [Ecn.ce]);
  assert.deepEqual(marksWith({ clearsEcn: true }), [Ecn.notEct]);
});

test('a run that does not end names its seed', () => {
  const simulation = new Simulation(4711);
  simulation.attach(new Sender(1), { addresses: [client] });
  assert.throws(
    () => simulation.runUntil(() => false, 1_000_000, 'an echo'),
    (error) => error instanceof SimulationError && /an echo.*seed 4711, 1\.0/.test(error.message),
  );
});

test('a detached machine receives nothing more', () => {
  const simulation = new Simulation(1);
  const echo = new Echo();
  simulation.attach(new Sender(1), { addresses: [client] });
  simulation.attach(echo, { addresses: [server] });
  simulation.connect(client, server, { delay: 1_000 });
  simulation.runFor(500);
  simulation.detach(echo);
  simulation.runFor(10_000);
  assert.equal(echo.received.length, 0);
});
