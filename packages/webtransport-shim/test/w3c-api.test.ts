import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Http3Server } from '@fails-components/webtransport';
import { createX509Verifier } from '@mpquic/crypto';
import { QuicEndpoint } from '@mpquic/endpoint';
import { InMemoryPskStore } from '@mpquic/tls';
import { connectWebTransport } from '@mpquic/webtransport';
import { fromUtf8, utf8 } from '@mpquic/wire';
import {
  connectPair,
  echoNext,
  next,
  open,
  pattern,
  psk,
  readAll,
  WAIT,
  writeAll,
} from './w3c-pair.ts';

test('by PSK: a bidirectional stream is echoed through W3C streams', async () => {
  const { client, session, quic, close } = await connectPair();
  assert.deepEqual(quic.psk?.identity, psk.identity);
  assert.equal(client.reliability, 'supports-unreliable');
  const stream = await client.createBidirectionalStream();
  const body = pattern(1_000_000);
  const [echoed] = await Promise.all([
    readAll(stream.readable),
    echoNext(session),
    writeAll(stream.writable, body),
  ]);
  assert.ok(echoed.equals(body));
  await close();
});

test('the server opens bidirectional streams too', async () => {
  const { client, session, close } = await connectPair();
  const stream = await session.createBidirectionalStream();
  const [echoed] = await Promise.all([
    readAll(stream.readable),
    echoNext(client),
    writeAll(stream.writable, utf8('from the server')),
  ]);
  assert.equal(fromUtf8(echoed), 'from the server');
  await close();
});

test('unidirectional streams go both ways', async () => {
  const { client, session, close } = await connectPair();
  for (const [from, to] of [
    [client, session],
    [session, client],
  ] as const) {
    const stream = await from.createUnidirectionalStream();
    const incoming = next(to.incomingUnidirectionalStreams);
    const [readable] = await Promise.all([incoming, writeAll(stream, utf8('one way'))]);
    assert.equal(fromUtf8(await readAll(readable)), 'one way');
  }
  await close();
});

test('datagrams go both ways', async () => {
  const { client, session, close } = await connectPair();
  for (const [from, to] of [
    [client, session],
    [session, client],
  ] as const) {
    assert.ok(from.datagrams.maxDatagramSize > 1000);
    await from.datagrams.createWritable().getWriter().write(utf8('datagram'));
    assert.equal(fromUtf8(await next(to.datagrams.readable)), 'datagram');
  }
  await close();
});

test('close code and reason reach the other side', async () => {
  for (const closer of ['client', 'session'] as const) {
    const pair = await connectPair();
    const other = closer === 'client' ? pair.session : pair.client;
    pair[closer].close({ closeCode: 4711, reason: 'that is all' });
    assert.deepEqual(await other.closed, { closeCode: 4711, reason: 'that is all' });
    await pair.close();
  }
});

test('the reset of a stream is an error of its reader', async () => {
  const { client, session, close } = await connectPair();
  const stream = await client.createBidirectionalStream();
  const writer = stream.writable.getWriter();
  await writer.write(utf8('begun'));
  const incoming = await next(session.incomingBidirectionalStreams);
  const reader = incoming.readable.getReader();
  await reader.read();
  await writer.abort({ code: 42 });
  await assert.rejects(reader.read(), /Resetstream with code:42/);
  await close();
});

test('a server with a certificate, and a client that trusts its authority', async () => {
  const file = new URL('../../test/vectors/certificates.json', import.meta.url);
  const pem = JSON.parse(readFileSync(file, 'utf8'));
  const currentTime = (): number => Date.UTC(2030, 0, 1);
  const trust = createX509Verifier({ rootsPem: pem.root.certificate, currentTime });
  const { client, session, quic, close } = await connectPair({
    cert: pem['leaf-p256'].certificate + pem.intermediate.certificate,
    privKey: pem['leaf-p256'].key,
    server: {},
    client: { trust, servername: 'upf.example' },
  });
  assert.equal(quic.psk, undefined);
  const stream = await client.createBidirectionalStream();
  const [echoed] = await Promise.all([
    readAll(stream.readable),
    echoNext(session),
    writeAll(stream.writable, utf8('by certificate')),
  ]);
  assert.equal(fromUtf8(echoed), 'by certificate');
  await close();
});

test('a client with another PSK gets no session', async () => {
  const { server, close } = await connectPair();
  const other = { ...psk, key: psk.key.map((octet) => octet ^ 1) };
  const stranger = open(server, '/echo', { psk: other, local: '127.0.0.1' });
  await assert.rejects(stranger.ready, /handshake failed/);
  await close();
});

test('a resource that the server does not serve is no session', async () => {
  const { server, close } = await connectPair();
  const lost = open(server, '/nothing', { psk, local: '127.0.0.1' });
  await assert.rejects(lost.ready, /handshake failed/);
  await close();
});

test('a request handler decides about sessions and their protocol', async () => {
  const { client, session, close } = await connectPair({
    protocols: ['chat-2', 'chat-1'],
    prepare: (server) =>
      server.setRequestCallback(async ({ header }: { header: Record<string, string> }) => {
        assert.equal(header[':path'], '/echo');
        const [, selectedProtocol] = header['wt-available-protocols'] ?? [];
        return { path: '/echo', status: 200, userData: { name: 'ue-1' }, selectedProtocol };
      }),
  });
  assert.equal(client.protocol, 'chat-1');
  assert.deepEqual((session as unknown as { userData: object }).userData, { name: 'ue-1' });
  await close();
});

test('two paths, one of them cut in the middle: W3C streams lose nothing', async () => {
  const endpoint = new QuicEndpoint();
  let second: number | undefined;
  const { client, session, quic, close } = await connectPair({
    client: { psk, local: '127.0.0.1', endpoint },
    server: {
      psk: new InMemoryPskStore([psk]),
      endpoint: { addresses: ['127.0.0.1:0', '127.0.0.2:0'] },
      onsession: (accepted) => {
        second = accepted.endpoint?.addresses[1]?.port;
      },
    },
  });
  await quic.openPath({ local: '127.0.0.2', remote: `127.0.0.2:${second}` });
  const stream = await client.createBidirectionalStream();
  const body = pattern(1_500_000);
  const first = quic.paths.find(({ id }) => id === 0);
  assert.ok(first);
  const echoing = Promise.all([
    readAll(stream.readable),
    echoNext(session),
    writeAll(stream.writable, body),
  ]);
  endpoint.blackhole(first.local, true);
  const [echoed] = await echoing;
  assert.ok(echoed.equals(body));
  assert.ok(quic.paths.some(({ id, bytesReceived }) => id !== 0 && bytesReceived > 1_000_000));
  await close();
  await endpoint.close();
});

test('streams and datagrams that the application gave up harm nobody', async () => {
  const { client, session, close } = await connectPair();
  await Promise.all([
    session.incomingBidirectionalStreams.cancel(),
    session.incomingUnidirectionalStreams.cancel(),
    session.datagrams.readable.cancel(),
  ]);
  await client.datagrams.createWritable().getWriter().write(utf8('nobody reads this'));
  const stream = await client.createBidirectionalStream();
  await stream.writable.getWriter().write(utf8('nor this'));
  await assert.rejects(readAll(stream.readable), /Resetstream with code:0/);
  const own = await session.createUnidirectionalStream();
  const [readable] = await Promise.all([
    next(client.incomingUnidirectionalStreams),
    writeAll(own, utf8('but this')),
  ]);
  assert.equal(fromUtf8(await readAll(readable)), 'but this');
  await close();
});

test('streams that nobody takes are refused beyond a thousand', async () => {
  const { client, session, close } = await connectPair();
  for (let i = 0; i < 1_010; i++) {
    const stream = await client.createUnidirectionalStream(WAIT);
    await writeAll(stream, utf8('x'));
  }
  const last = await client.createUnidirectionalStream(WAIT);
  const writer = last.getWriter();
  await writer.write(utf8('x'));
  await assert.rejects(writer.closed, /StopSending with code:0/);
  const taken = session.incomingUnidirectionalStreams.getReader();
  for (let i = 0; i < 1_001; i++) assert.ok((await taken.read()).value);
  await close();
});

test('datagrams that nobody reads are dropped beyond a thousand', async () => {
  let received: (() => bigint) | undefined;
  const { client, session, close } = await connectPair({
    server: {
      psk: new InMemoryPskStore([psk]),
      endpoint: { address: '127.0.0.1:0' },
      onsession: (quic) => {
        received = () => quic.stats.datagramsReceived;
      },
    },
  });
  const writer = client.datagrams.createWritable().getWriter();
  while ((received?.() ?? 0n) < 1_500n) {
    for (let i = 0; i < 20; i++) await writer.write(utf8('one of many'));
    await new Promise(setImmediate);
  }
  session.close();
  let kept = 0;
  for await (const datagram of session.datagrams.readable) kept += datagram.length > 0 ? 1 : 0;
  assert.equal(kept, 1_001);
  await close();
});

test('statistics, and a session that the server wants to end', async () => {
  const { client, session, close } = await connectPair();
  const stats = await client.getStats();
  assert.ok(stats.smoothedRtt > 0 && stats.estimatedSendRate > 0);
  (session as unknown as { notifySessionDraining(): void }).notifySessionDraining();
  await client.draining;
  await close();
});

test('a port that is taken is an error of the server', async () => {
  const { server, close } = await connectPair();
  const other = new Http3Server({
    host: '127.0.0.1',
    port: server.address()?.port,
    quic: { psk: new InMemoryPskStore([psk]) },
  } as unknown as ConstructorParameters<typeof Http3Server>[0]);
  other.startServer();
  await assert.rejects(other.ready, /another program uses this port/);
  await close();
});

test('pages of other origins than those named are answered 403', async () => {
  const { server, close } = await connectPair({
    server: {
      psk: new InMemoryPskStore([psk]),
      endpoint: { address: '127.0.0.1:0' },
      origins: ['https://app.example'],
    },
  });
  const address = `127.0.0.1:${server.address()?.port}`;
  const host = await connectWebTransport(address, { psk, local: '127.0.0.1' });
  const from = (origin: string): Promise<unknown> =>
    host.openSession({
      authority: address,
      path: '/echo',
      fields: [{ name: 'origin', value: origin }],
    });
  await assert.rejects(from('https://evil.example'), /status 403/);
  await assert.rejects(from('null'), /status 403/);
  await from('https://app.example');
  host.quic.destroy();
  await close();
});
