import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InMemoryPskStore } from '@mpquic/tls';
import { utf8 } from '@mpquic/wire';
import { connect, listen } from '../src/connect.ts';
import { QuicEndpoint } from '../src/endpoint.ts';
import { QuicError } from '../src/errors.ts';
import { until } from './loopback.ts';
import { connectPair, echo, psk, readAll, serverAddress } from './session-pair.ts';

test('a handshake by PSK tells both sides the same', async () => {
  const pair = await connectPair();
  const info = await pair.client.opened;
  assert.equal(info.protocol, 'test');
  assert.equal(info.cipherVersion, 'TLSv1.3');
  assert.deepEqual(info.psk, { identity: psk.identity, mode: 'raw' });
  assert.equal(info.remote.port, pair.serverEndpoint.address?.port);
  assert.deepEqual(pair.server.psk, info.psk);
  assert.equal((await pair.server.opened).cipher, info.cipher);
  assert.equal(pair.client.multipath, true);
  await pair.client.confirmed;
  assert.ok(pair.client.stats.handshakeConfirmedAt >= pair.client.stats.handshakeCompletedAt);
  assert.equal(pair.serverEndpoint.stats.serverSessions, 1n);
  await pair.close();
});

test('streams and datagrams go both ways', async () => {
  const pair = await connectPair({ onsession: echo });
  const { client, server } = pair;
  const stream = await client.createBidirectionalStream({ body: 'round trip' });
  assert.equal((await readAll(stream)).toString(), 'round trip');
  await stream.closed;
  assert.equal(stream.stats.bytesReceived, 10n);

  const reading = new Promise<string>((resolve) => {
    client.onstream = async (incoming) => {
      assert.equal(incoming.direction, 'uni');
      resolve((await readAll(incoming)).toString());
    };
  });
  await server.createUnidirectionalStream({ body: ['one ', 'way'] });
  assert.equal(await reading, 'one way');

  const datagram = new Promise<string>((resolve) => {
    server.ondatagram = (data) => resolve(Buffer.from(data).toString());
  });
  const status = new Promise<string>((resolve) => {
    client.ondatagramstatus = (_id, result) => resolve(result);
  });
  await client.sendDatagram('unreliable');
  assert.equal(await datagram, 'unreliable');
  assert.equal(await status, 'acknowledged');
  assert.equal(await client.sendDatagram(new Uint8Array(100_000)), 0n);
  await pair.close();
});

test('a stream may be asked for before the handshake is complete', async () => {
  const server = await listen(echo, {
    alpn: 'test',
    psk: new InMemoryPskStore([psk]),
    endpoint: { address: '127.0.0.1:0' },
  });
  const client = await connect(serverAddress(server), { alpn: 'test', psk, local: '127.0.0.1' });
  const stream = await client.createBidirectionalStream({ body: 'early' });
  assert.equal((await readAll(stream)).toString(), 'early');
  await client.close();
  await server.close();
});

test('streams are web streams too', async () => {
  const pair = await connectPair({ onsession: echo });
  const stream = await pair.client.createBidirectionalStream();
  const writer = stream.writable.getWriter();
  await writer.write(utf8('through the web'));
  await writer.close();
  let text = '';
  for await (const chunk of stream.readable) text += Buffer.from(chunk).toString();
  assert.equal(text, 'through the web');
  await pair.close();
});

test('a PSK store may answer later', async () => {
  const store = new InMemoryPskStore([psk]);
  const later = {
    lookup: async (identities: readonly Uint8Array[]) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return store.lookup(identities);
    },
  };
  const pair = await connectPair({ server: { psk: later } });
  assert.deepEqual(pair.server.psk?.identity, psk.identity);
  await pair.close();
});

test('an unknown identity, a wrong key and a store that fails end alike', async () => {
  const failing = { lookup: () => Promise.reject(new Error('the store is down')) };
  const attempts = [
    connectPair({ client: { psk: { ...psk, identity: utf8('somebody') } } }),
    connectPair({ client: { psk: { ...psk, key: new Uint8Array(32).fill(9) } } }),
    connectPair({ server: { psk: failing } }),
  ];
  for (const attempt of attempts) {
    const refused = { name: 'QuicError', type: 'transport', errorCode: 0x133n };
    await assert.rejects(attempt, refused);
  }
});

test('a graceful close delivers what is queued', async () => {
  const received: Promise<Buffer>[] = [];
  const pair = await connectPair({
    onsession: (session) => {
      session.onstream = (stream) => {
        received.push(readAll(stream));
        stream.setBody(null);
      };
    },
  });
  const body = new Uint8Array(3_000_000).fill(7);
  await pair.client.createBidirectionalStream({ body });
  await pair.client.close({ code: 5, reason: 'enough' });
  assert.equal((await received[0])?.length, body.length);
  await assert.rejects(pair.server.closed, {
    errorCode: 5n,
    type: 'application',
    message: /enough/,
  });
  assert.deepEqual(pair.server.closeReason?.by, 'peer');
  assert.equal(pair.client.closeReason?.by, 'local');
  await pair.close();
});

test('destroy ends streams on both sides with the error', async () => {
  const pair = await connectPair({ onsession: echo });
  const stream = await pair.client.createBidirectionalStream();
  await stream.writer.write('begun');
  const error = new QuicError('over', { errorCode: 77 });
  const reading = readAll(stream);
  pair.client.destroy(error);
  await assert.rejects(reading, error);
  await assert.rejects(stream.closed, error);
  await assert.rejects(pair.client.closed, error);
  await assert.rejects(pair.server.closed, { errorCode: 77n, type: 'application' });
  await assert.rejects(pair.client.createBidirectionalStream(), { code: 'ERR_INVALID_STATE' });
  assert.equal(await pair.client.sendDatagram('late'), 0n);
  await pair.close();
});

test('resetting and stopping reach the other side', async () => {
  const pair = await connectPair();
  const incoming = new Promise<void>((resolve) => {
    pair.server.onstream = async (stream) => {
      const reset = new Promise<QuicError>((onReset) => {
        stream.onreset = onReset;
      });
      await assert.rejects(readAll(stream), { code: 'ERR_QUIC_STREAM_ABORTED', errorCode: 11n });
      assert.equal((await reset).errorCode, 11n);
      await assert.rejects(async () => stream.writer.write('x'), { errorCode: 12n });
      resolve();
    };
  });
  const stream = await pair.client.createBidirectionalStream();
  await stream.writer.write('abc');
  stream.stopSending(12);
  stream.resetStream(11);
  await incoming;
  await pair.close();
});

test('a callback that fails ends its session, not the process', async () => {
  const pair = await connectPair({
    onsession: (session) => {
      session.onstream = async () => {
        await Promise.resolve();
        throw new Error('a defect of the application');
      };
    },
  });
  await pair.client.createBidirectionalStream({ body: 'x' });
  await assert.rejects(pair.server.closed, /a defect of the application/);
  await assert.rejects(pair.client.closed, { type: 'transport', errorCode: 1n });
  await pair.close();
});

test('streams that nobody takes are refused', async () => {
  const pair = await connectPair();
  const stream = await pair.client.createBidirectionalStream({ body: 'hello?' });
  await assert.rejects(readAll(stream), { code: 'ERR_QUIC_STREAM_ABORTED' });
  await pair.close();
});

test('more streams than the peer allows wait for their turn', async () => {
  const pair = await connectPair({
    onsession: echo,
    server: { transportParams: { initialMaxStreamsBidi: 3 } },
  });
  const texts = Array.from({ length: 10 }, (_, i) => `stream ${i}`);
  const answers = texts.map(async (body) => {
    const stream = await pair.client.createBidirectionalStream({ body });
    return (await readAll(stream)).toString();
  });
  assert.deepEqual(await Promise.all(answers), texts);
  await pair.close();
});

test('keys are updated on request, and secrets are logged on request only', async () => {
  const lines: string[] = [];
  const updates: string[] = [];
  const pair = await connectPair({
    onsession: (session) => {
      echo(session);
      session.onkeyupdate = ({ by }) => updates.push(by);
    },
    client: { keylog: true, onkeylog: (line) => lines.push(line) },
  });
  await pair.client.confirmed;
  pair.client.updateKey();
  assert.throws(() => pair.client.updateKey(), { code: 'ERR_INVALID_STATE' });
  const stream = await pair.client.createBidirectionalStream({ body: 'new keys' });
  assert.equal((await readAll(stream)).toString(), 'new keys');
  await until(() => updates.length > 0, 'the key update of the peer');
  assert.deepEqual(updates, ['peer']);
  assert.ok(lines.some((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 ')));
  await pair.close();
});

test('connecting can be aborted, times out, and learns that nobody listens', async () => {
  const silent = new QuicEndpoint({ address: '127.0.0.1:0' });
  const nowhere = await silent.addAddress('127.0.0.1');
  const address = `127.0.0.1:${nowhere.port}`;
  const options = { alpn: 'test', psk, local: '127.0.0.1' };

  const controller = new AbortController();
  const aborted = await connect(address, { ...options, signal: controller.signal });
  controller.abort(new Error('changed my mind'));
  await assert.rejects(aborted.opened, /changed my mind/);
  await assert.rejects(connect(address, { ...options, signal: controller.signal }), /changed/);

  const late = await connect(address, { ...options, handshakeTimeout: 30 });
  await assert.rejects(late.opened, { code: 'ERR_QUIC_HANDSHAKE_TIMEOUT' });

  silent.destroy();
  await silent.closed;
  const refused = await connect(address, options);
  await assert.rejects(refused.opened, {
    code: 'ERR_QUIC_CONNECTION_REFUSED',
    message: `nothing listens on 127.0.0.1 port ${nowhere.port} (UDP)`,
  });
});

test('wrong arguments and used ports are one clear line', async () => {
  const first = await listen(() => undefined, { alpn: 'x', endpoint: { address: '127.0.0.1:0' } });
  const address = serverAddress(first);
  const again = listen(() => undefined, { alpn: 'x', endpoint: { address } });
  await assert.rejects(again, {
    code: 'ERR_QUIC_ENDPOINT_FAILED',
    message: `cannot use ${address} (UDP): another program uses this port`,
  });
  await first.close();
  const invalid = { code: 'ERR_INVALID_ARG_VALUE' };
  await assert.rejects(connect('nonsense', { alpn: 'x' }), invalid);
  await assert.rejects(connect('127.0.0.1:1', {}), invalid);
  await assert.rejects(connect('127.0.0.1:1', { alpn: 'x', ciphers: 'RC4' }), invalid);
  await assert.rejects(connect('127.0.0.1:1', { alpn: 'x', groups: 'x448' }), invalid);
});

test('what came while the process was busy is read before anything counts as lost', async () => {
  // Both ends are in one process: where that is kept from running before the server has read, the client is right to ask again.
  let packets = await packetsOfBusyProcess();
  for (let tries = 1; packets !== 1 && tries < 8; tries++) packets = await packetsOfBusyProcess();
  assert.equal(packets, 1);
});

/** Ack-eliciting packets of a client whose process is busy for half a second when the acknowledgement is on its way. */
async function packetsOfBusyProcess(): Promise<number> {
  let packets = 0;
  let awaitsAcknowledgement = false;
  const pair = await connectPair({
    onsession: echo,
    client: {
      observer: () => ({
        packetSent: ({ frames }) => {
          if (!frames.some(({ type }) => type === 'stream' || type === 'ping')) return;
          packets += 1;
          awaitsAcknowledgement = true;
        },
      }),
    },
    server: {
      observer: () => ({
        packetSent: ({ frames }) => {
          if (!awaitsAcknowledgement || !frames.some(({ type }) => type === 'path_ack')) return;
          awaitsAcknowledgement = false;
          queueMicrotask(() => Atomics.wait(NEVER, 0, 0, 500));
        },
      }),
    },
  });
  const { client, server } = pair;
  await Promise.all([client.confirmed, server.confirmed]);
  await until(() => client.paths[0]?.bytesInFlight === 0, 'all is acknowledged');
  packets = 0;
  awaitsAcknowledgement = false;
  const stream = await client.createBidirectionalStream();
  await stream.writer.write('one packet');
  await until(() => packets > 0 && !awaitsAcknowledgement, 'the acknowledgement');
  await until(() => client.paths[0]?.bytesInFlight === 0, 'its arrival');
  await pair.close();
  return packets;
}

/** Nobody writes there. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

test('a client that must prove its address gets in', async () => {
  const pair = await connectPair({
    server: { endpoint: { address: '127.0.0.1:0', validateAddress: true } },
  });
  assert.equal(pair.client.psk?.mode, 'raw');
  await pair.close();
});

test('endpoints are disposed of with their sessions', async () => {
  const pair = await connectPair();
  await pair.clientEndpoint[Symbol.asyncDispose]();
  assert.ok(pair.client.destroyed);
  await pair.server.closed;
  await pair.serverEndpoint.close();
  assert.ok(pair.serverEndpoint.destroyed);
  await assert.rejects(pair.clientEndpoint.connect('127.0.0.1:1', { alpn: 'x' }), {
    code: 'ERR_INVALID_STATE',
  });
});

test('an endpoint with as many sessions as it may have turns the next client away', async () => {
  const pair = await connectPair({
    server: { endpoint: { address: '127.0.0.1:0', maxConnectionsTotal: 1 } },
  });
  const options = { alpn: 'test', psk, local: '127.0.0.1', handshakeTimeout: 200 };
  const second = await connect(serverAddress(pair.serverEndpoint), options);
  await assert.rejects(second.opened, { name: 'QuicError' });
  assert.equal(pair.serverEndpoint.stats.serverSessions, 1n);
  await pair.close();
});

test('a listener that fails ends the session it was shown', async () => {
  const pair = connectPair({
    onsession: () => {
      throw new Error('a defect of the listener');
    },
  });
  await assert.rejects(pair, { type: 'transport', errorCode: 1n });
});
