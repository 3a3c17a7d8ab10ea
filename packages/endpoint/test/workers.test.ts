import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { test } from 'node:test';
import type { MessagePort } from 'node:worker_threads';
import { nativeStatus } from '@mpquic/native';
import { InMemoryPskStore } from '@mpquic/tls';
import { connect, listen } from '../src/connect.ts';
import { openDgramSocket } from '../src/dgram-socket.ts';
import type { QuicEndpoint } from '../src/endpoint.ts';
import type { QuicSession } from '../src/session.ts';
import { WorkerGroup } from '../src/worker-group.ts';
import { createWorkerPlaces, replaceWorkerPlace, type WorkerPlace } from '../src/worker-places.ts';
import { reserveWorkerSockets } from '../src/worker-sockets.ts';
import { until } from './loopback.ts';
import { echo, psk, readAll, serverAddress } from './session-pair.ts';

const needsAddon = { skip: nativeStatus.available ? false : nativeStatus.reason };
const RESET_KEY = new Uint8Array(32).fill(7);
const BODY = new Uint8Array(50_000).map((_, i) => i % 251);

function listenAt(place: WorkerPlace, addresses: readonly string[]): Promise<QuicEndpoint> {
  const store = new InMemoryPskStore([psk]);
  return listen(echo, { alpn: 'test', psk: store, endpoint: { addresses, worker: place } });
}

/** Endpoints that share two addresses, bound in the order of `places`. */
async function listenTogether(places: readonly WorkerPlace[]): Promise<QuicEndpoint[]> {
  let addresses: readonly string[] = ['127.0.0.1:0', '127.0.0.2:0'];
  const endpoints: QuicEndpoint[] = [];
  for (const place of places) {
    const endpoint = await listenAt(place, addresses);
    addresses = [serverAddress(endpoint, 0), serverAddress(endpoint, 1)];
    endpoints.push(endpoint);
  }
  return endpoints;
}

async function connectTwoPaths(server: QuicEndpoint): Promise<QuicSession> {
  const options = { alpn: 'test', psk, local: '127.0.0.1' } as const;
  const session = await connect(serverAddress(server, 0), options);
  await session.confirmed;
  await session.openPath({ local: '127.0.0.3', remote: serverAddress(server, 1) });
  return session;
}

async function roundTrip(session: QuicSession): Promise<void> {
  const stream = await session.createBidirectionalStream({ body: BODY });
  assert.ok((await readAll(stream)).equals(BODY), 'the echo is not what was sent');
}

async function release(sessions: readonly QuicSession[], endpoints: readonly QuicEndpoint[]) {
  for (const session of sessions) session.destroy();
  for (const endpoint of endpoints) endpoint.destroy();
  await Promise.all(endpoints.map(({ closed }) => closed));
}

function handedOver(endpoints: readonly QuicEndpoint[]): number {
  return endpoints.reduce((sum, endpoint) => sum + (endpoint.handedOver?.handedOver ?? 0), 0);
}

/** Opens sessions of two paths until every endpoint has one; checks where they are. */
async function serveAll(places: readonly WorkerPlace[]): Promise<QuicEndpoint[]> {
  const endpoints = await listenTogether(places);
  const sessions: QuicSession[] = [];
  while (endpoints.some((endpoint) => endpoint.sessions.size === 0)) {
    assert.ok(sessions.length < 100, 'an endpoint is left out');
    sessions.push(await connectTwoPaths(endpoints[0] as QuicEndpoint));
  }
  await Promise.all(sessions.map(roundTrip));
  const served = endpoints.flatMap((endpoint) => [...endpoint.sessions]);
  assert.equal(served.length, sessions.length);
  for (const session of served) {
    const bytes = session.paths.map(({ bytesReceived }) => bytesReceived);
    assert.equal(bytes.length, 2, 'both paths are where the session is');
    for (const received of bytes) assert.ok(received > 1000);
  }
  await release(sessions, endpoints);
  return endpoints;
}

test(
  'the system hands both paths of a connection to the endpoint that has it',
  needsAddon,
  async () => {
    const endpoints = await serveAll(createWorkerPlaces(3, RESET_KEY));
    assert.equal(handedOver(endpoints), 0, 'nothing has to be handed over');
  },
);

test('what the system steers wrong is handed over, all of it', needsAddon, async () => {
  // Bound in the wrong order: the system takes each for the other.
  const endpoints = await serveAll(createWorkerPlaces(2, RESET_KEY).reverse());
  assert.ok(handedOver(endpoints) > 20);
});

test('a client whose address changes stays with its endpoint', needsAddon, async () => {
  const endpoints = await listenTogether(createWorkerPlaces(2, RESET_KEY));
  const port = endpoints[0]?.addresses[0]?.port as number;
  const sessions: QuicSession[] = [];
  const relays: Relay[] = [];
  while (endpoints.some((endpoint) => endpoint.sessions.size === 0)) {
    assert.ok(sessions.length < 100, 'an endpoint is left out');
    const relay = await Relay.open(port);
    relays.push(relay);
    const session = await connect(relay.address, { alpn: 'test', psk, local: '127.0.0.1' });
    await session.confirmed;
    sessions.push(session);
  }
  for (const relay of relays) await relay.rebind();
  await Promise.all(sessions.map(roundTrip));
  assert.equal(handedOver(endpoints), 0);
  const remotes = endpoints.flatMap(({ sessions: served }) =>
    [...served].map(({ paths }) => paths[0]?.remote.port),
  );
  assert.deepEqual(new Set(remotes), new Set(relays.map(({ outerPort }) => outerPort)));
  await release(sessions, endpoints);
  for (const relay of relays) relay.close();
});

test(
  'who takes the place of an endpoint gets its datagrams; connections of the others go on',
  needsAddon,
  async () => {
    const loopback = ['127.0.0.1', '127.0.0.2'].map((host) => ({ host, port: 0 }));
    const sockets = reserveWorkerSockets(loopback, 2);
    const places = createWorkerPlaces(2, RESET_KEY).map((place, i) => ({
      ...place,
      descriptors: sockets.descriptors[i],
    }));
    const addresses = sockets.addresses.map(({ host, port }) => `${host}:${port}`);
    const endpoints = await Promise.all(places.map((place) => listenAt(place, addresses)));
    const [first, second] = endpoints as [QuicEndpoint, QuicEndpoint];
    const sessions: QuicSession[] = [];
    while (endpoints.some(({ sessions: served }) => served.size === 0)) {
      assert.ok(sessions.length < 100, 'an endpoint is left out');
      sessions.push(await connectTwoPaths(first));
    }
    const lost = first.sessions.size;
    first.destroy();
    await first.closed;
    const { place, ports } = replaceWorkerPlace(places[0] as WorkerPlace);
    second.replaceWorker(0, ports.get(1) as MessagePort);
    const replaced = await listenAt(place, addresses);
    const after = sessions.length;
    while (replaced.sessions.size === 0) {
      assert.ok(sessions.length < after + 100, 'the new endpoint is left out');
      sessions.push(await connectTwoPaths(second));
    }
    const open = sessions.filter((session) => !session.destroyed);
    assert.equal(open.length, sessions.length - lost, 'sessions of the first one ended, no others');
    await Promise.all(open.map(roundTrip));
    assert.equal(handedOver([second, replaced]), 0, 'every datagram came to the right socket');
    await release(sessions, [second, replaced]);
    sockets.close();
  },
);

test('an address in use, and one of another machine, cannot be reserved', needsAddon, () => {
  const elsewhere = [{ host: '192.0.2.1', port: 0 }];
  assert.throws(() => reserveWorkerSockets(elsewhere, 2), /this machine has no such address/);
});

test('node:dgram cannot share an address, and the reason says what to do', async () => {
  const [place] = createWorkerPlaces(2, RESET_KEY);
  const endpoint = { address: '127.0.0.1:0', worker: place, openSocket: openDgramSocket };
  const listening = listen(echo, { alpn: 'test', psk: new InMemoryPskStore([psk]), endpoint });
  await assert.rejects(listening, /native addon/);
});

test('datagrams on their way to another endpoint have a cap; more are dropped', async () => {
  const places = createWorkerPlaces(2, RESET_KEY) as [WorkerPlace, WorkerPlace];
  const received: number[] = [];
  const group = new WorkerGroup(places[0], () => assert.fail('nothing comes back'));
  const address = { host: '127.0.0.1', port: 9 };
  const datagram = { local: address, remote: address, payload: Uint8Array.of(0x40, 0, 1, 5) };
  for (let i = 0; i < 1500; i++) assert.ok(group.handsOver(datagram));
  assert.deepEqual(group.counters, { handedOver: 1024, dropped: 476 });
  assert.ok(!group.handsOver({ ...datagram, payload: Uint8Array.of(0x40, 0, 2, 5) }), 'its own');
  const other = new WorkerGroup(places[1], ({ payload }) => received.push(payload[3] as number));
  await until(() => received.length === 1024, 'all that were under way');
  assert.ok(group.handsOver(datagram));
  assert.equal(group.counters.handedOver, 1025, 'there is room again');
  await until(() => received.length === 1025, 'one more');
  assert.ok(received.every((octet) => octet === 5));
  for (const one of [group, other]) one.close();
});

test('places for 64 endpoints, no more', () => {
  assert.equal(createWorkerPlaces(64, RESET_KEY).length, 64);
  for (const count of [0, 65, 1.5]) {
    assert.throws(() => createWorkerPlaces(count, RESET_KEY), RangeError);
  }
});

/** A NAT in front of 127.0.0.1 that can change the port which the server sees. */
class Relay {
  readonly #inner: Socket;
  readonly #port: number;
  #outer: Socket;
  #client = 0;

  static async open(port: number): Promise<Relay> {
    return new Relay(port, await bound(), await bound());
  }

  private constructor(port: number, inner: Socket, outer: Socket) {
    this.#port = port;
    this.#inner = inner;
    this.#outer = outer;
    inner.on('message', (payload, from) => {
      this.#client = from.port;
      this.#outer.send(payload, this.#port, '127.0.0.1');
    });
    this.#forwardBack();
  }

  get address(): string {
    return `127.0.0.1:${this.#inner.address().port}`;
  }

  get outerPort(): number {
    return this.#outer.address().port;
  }

  async rebind(): Promise<void> {
    const before = this.#outer;
    this.#outer = await bound();
    this.#forwardBack();
    before.close();
  }

  close(): void {
    this.#outer.close();
    this.#inner.close();
  }

  #forwardBack(): void {
    this.#outer.on('message', (payload) => this.#inner.send(payload, this.#client, '127.0.0.1'));
  }
}

function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.setMaxListeners(4);
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket)));
}
