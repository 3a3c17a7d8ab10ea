import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '@mpquic/endpoint';
import type { SessionEnd } from '@mpquic/http3';
import { HTTP3_ALPN, Http3Session } from '@mpquic/masque';
import { InMemoryPskStore } from '@mpquic/tls';
import { fromUtf8, utf8 } from '@mpquic/wire';
import { listenWebTransport } from '../src/connect-webtransport.ts';
import { SessionRefused } from '../src/session-request.ts';
import type { WebTransportHost } from '../src/webtransport-host.ts';
import type { WebTransportSession } from '../src/webtransport-session.ts';
import type { WebTransportStream } from '../src/webtransport-stream.ts';
import { connectLoopback, echo, type Loopback, psk, RESOURCE, readAll } from './loopback.ts';

interface EchoLoopback extends Loopback {
  readonly session: WebTransportSession;
  readonly server: WebTransportSession;
}

async function openEcho(prepare?: (session: WebTransportSession) => void): Promise<EchoLoopback> {
  let server: WebTransportSession | undefined;
  const loopback = await connectLoopback((request) => {
    server = request.accept();
    if (server !== undefined) echo(server);
  });
  const session = await loopback.host.openSession(RESOURCE, prepare);
  return { ...loopback, session, server: server as WebTransportSession };
}

function opened(session: WebTransportSession, direction: 'bidi' | 'uni'): WebTransportStream {
  const stream = session.openStream(direction);
  assert.ok(stream);
  return stream;
}

function pattern(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => i % 251);
}

function ending(session: WebTransportSession): Promise<SessionEnd> {
  return new Promise((resolve) => {
    session.onclosed = resolve;
  });
}

test('a session by PSK: a bidirectional stream is echoed', async () => {
  const { session, close } = await openEcho();
  assert.deepEqual(session.quic.psk?.identity, psk.identity);
  const stream = opened(session, 'bidi');
  const body = pattern(2_000_000);
  stream.write(body);
  stream.end();
  assert.ok((await readAll(stream)).equals(body));
  await close();
});

test('unidirectional streams go both ways', async () => {
  const answers: WebTransportStream[] = [];
  let heard = (): void => undefined;
  const { session, close } = await openEcho((opening) => {
    opening.onstream = (stream) => {
      answers.push(stream);
      heard();
    };
  });
  const answered = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const stream = opened(session, 'uni');
  stream.write(utf8('one way'));
  stream.end();
  await answered;
  const [answer] = answers;
  assert.ok(answer);
  assert.equal(answer.direction, 'uni');
  assert.equal(fromUtf8(await readAll(answer)), 'one way');
  await close();
});

test('datagrams are echoed', async () => {
  let heard: (payload: Uint8Array) => void = () => undefined;
  const { session, close } = await openEcho((opening) => {
    opening.ondatagram = (payload) => heard(payload);
  });
  const echoed = new Promise<Uint8Array>((resolve) => {
    heard = resolve;
  });
  assert.ok(session.maxDatagramSize > 1000);
  assert.equal(session.sendDatagram(utf8('hello')), true);
  assert.equal(fromUtf8(await echoed), 'hello');
  await close();
});

test('a close tells code and reason, and the connection ends behind its last session', async () => {
  const { host, session, server, close } = await openEcho();
  const ended = ending(server);
  session.close({ code: 4242, reason: 'enough' });
  assert.deepEqual(await ended, { by: 'peer', clean: true, code: 4242, reason: 'enough' });
  assert.equal(session.end?.by, 'local');
  await host.quic.closed;
  assert.equal(session.openStream('bidi'), undefined);
  await close();
});

test('the close of the server reaches the client', async () => {
  const { session, server, close } = await openEcho();
  const ended = ending(session);
  server.close({ code: 1, reason: 'go' });
  assert.equal((await ended).code, 1);
  await close();
});

test('reset and stop carry codes to the other side', async () => {
  const codes: (number | undefined)[] = [];
  let finished = (): void => undefined;
  const both = new Promise<void>((resolve) => {
    finished = resolve;
  });
  let arrived = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const told = (code: number | undefined): void => {
    if (codes.push(code) === 2) finished();
  };
  const loopback = await connectLoopback((request) => {
    const accepted = request.accept();
    if (accepted === undefined) return;
    accepted.onstream = (stream) => {
      stream.onreset = told;
      stream.onstopped = told;
      arrived();
    };
  });
  const session = await loopback.host.openSession(RESOURCE);
  const stream = opened(session, 'bidi');
  stream.write(utf8('x'));
  // A reset that overtakes the header leaves nothing to tell: RESET_STREAM_AT is not there.
  await begun;
  stream.reset(70_000);
  stream.stopSending(7);
  await both;
  assert.deepEqual(
    codes.sort((a, b) => Number(a) - Number(b)),
    [7, 70_000],
  );
  await loopback.close();
});

test('a client that nobody wants is told the status', async () => {
  const loopback = await connectLoopback((request) => request.refuse({ status: 403, fields: [] }));
  await assert.rejects(loopback.host.openSession(RESOURCE), (error) => {
    assert.ok(error instanceof SessionRefused);
    return error.status === 403;
  });
  await loopback.close();
});

test('a stream that is not read holds its sender back, not the others', async () => {
  const streams: WebTransportStream[] = [];
  const { session, server, close } = await openEcho();
  server.onstream = (stream) => void streams.push(stream);
  const slow = opened(session, 'uni');
  let taken = false;
  slow.write(new Uint8Array(40_000_000), () => {
    taken = true;
  });
  server.onstream = undefined;
  echo(server);
  const quick = opened(session, 'bidi');
  quick.write(utf8('quick'));
  quick.end();
  assert.equal(fromUtf8(await readAll(quick)), 'quick');
  assert.equal(taken, false);
  await close();
});

test('the end of the connection ends its sessions and what waits for one', async () => {
  const { host, session, serverEndpoint, close } = await openEcho();
  const ended = ending(session);
  const waiting = assert.rejects(
    (async (): Promise<WebTransportHost> => {
      host.quic.destroy();
      await host.openSession(RESOURCE);
      return host;
    })(),
  );
  assert.equal((await ended).clean, false);
  await waiting;
  assert.ok(serverEndpoint);
  await close();
});

test('two paths, one of them cut in the middle: nothing is lost', async () => {
  const { session, clientEndpoint, serverAddresses, close } = await openEcho();
  const { quic } = session;
  const second = serverAddresses[1];
  assert.ok(second);
  await quic.openPath({ local: '127.0.0.2', remote: second });
  const stream = opened(session, 'bidi');
  const body = pattern(1_500_000);
  stream.write(body);
  stream.end();
  const echoed = readAll(stream);
  const first = quic.paths.find(({ id }) => id === 0);
  assert.ok(first);
  clientEndpoint.blackhole(first.local, true);
  assert.ok((await echoed).equals(body));
  const alive = quic.paths.find(({ id }) => id !== 0);
  assert.ok(alive && alive.bytesReceived > 1_000_000);
  await close();
});

test('requests that are no sessions are answered 501', async () => {
  const serverEndpoint = await listenWebTransport(() => undefined, {
    psk: new InMemoryPskStore([psk]),
    endpoint: { address: '127.0.0.1:0' },
  });
  const address = `127.0.0.1:${serverEndpoint.address?.port}`;
  const quic = await connect(address, { alpn: HTTP3_ALPN, psk, local: '127.0.0.1' });
  const http = Http3Session.client(quic);
  const refusal = new Promise<string>((resolve) => {
    const handler = {
      receive: () => undefined,
      ended: ({ reason }: { readonly reason: string }) => resolve(reason),
    };
    const tunnel = { protocol: 'connect-udp', mode: 'datagram-2', ...RESOURCE } as const;
    http.openTunnel({ ...tunnel, handler }).catch(() => undefined);
  });
  assert.match(await refusal, /501/);
  quic.destroy();
  serverEndpoint.destroy();
  await serverEndpoint.closed;
});

test('a callback that fails ends its connection, not the process', async () => {
  const { session, server, close } = await openEcho();
  const ended = ending(server);
  server.ondatagram = () => {
    throw new Error('a mistake of the application');
  };
  session.sendDatagram(utf8('x'));
  assert.equal((await ended).clean, false);
  await assert.rejects(server.quic.closed, /a mistake of the application/);
  await close();
});

test('what a callback does is told behind it, never within', async () => {
  const order: string[] = [];
  const { session, close } = await openEcho();
  const stream = opened(session, 'bidi');
  const whole = new Promise<void>((resolve) => {
    stream.ondata = (data, fin) => {
      order.push('begin');
      if (data.length > 0) stream.resume();
      order.push('end');
      if (fin) resolve();
    };
  });
  stream.resume();
  stream.write(pattern(200_000));
  stream.end();
  await whole;
  assert.ok(order.length > 2);
  for (const [i, step] of order.entries()) assert.equal(step, i % 2 === 0 ? 'begin' : 'end');
  await close();
});

test('streams of a session that wants none are refused', async () => {
  const loopback = await connectLoopback((request) => void request.accept());
  const session = await loopback.host.openSession(RESOURCE);
  const stream = opened(session, 'bidi');
  const stopped = new Promise((resolve) => {
    stream.onstopped = resolve;
  });
  const reset = new Promise((resolve) => {
    stream.onreset = resolve;
  });
  stream.write(utf8('anybody?'));
  assert.deepEqual(await Promise.all([stopped, reset]), [0, 0]);
  await loopback.close();
});

test('behind GOAWAY no session is opened, and those that are open are asked to end', async () => {
  let draining = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    draining = resolve;
  });
  const hosts: WebTransportHost[] = [];
  const loopback = await connectLoopback(
    (request) => void request.accept(),
    {},
    (host) => hosts.push(host),
  );
  const { host, close } = loopback;
  await host.openSession(RESOURCE, (session) => {
    session.ondraining = draining;
  });
  hosts[0]?.goaway();
  await asked;
  await assert.rejects(host.openSession(RESOURCE), /takes no more sessions/);
  await close();
});

test('a session beyond the limit of the server is opened when another one ends', async () => {
  const { host, close } = await connectLoopback((request) => void request.accept());
  const limit = 16;
  const sessions = await Promise.all(
    Array.from({ length: limit }, () => host.openSession(RESOURCE)),
  );
  const further = host.openSession(RESOURCE);
  sessions[3]?.close();
  assert.ok((await further).id > (sessions[limit - 1]?.id ?? 0));
  await close();
});
