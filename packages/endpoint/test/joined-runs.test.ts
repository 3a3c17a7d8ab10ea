import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InMemoryPskStore } from '@mpquic/tls';
import { formatAddress } from '@mpquic/wire';
import { connect, listen } from '../src/connect.ts';
import type { OpenDatagramSocket } from '../src/datagram-socket.ts';
import { openDgramSocket } from '../src/dgram-socket.ts';
import { QuicEndpoint } from '../src/endpoint.ts';
import { psk } from './session-pair.ts';

const SESSIONS = 5;

test('the first datagrams of sessions that begin together are one run', async () => {
  const runs: number[] = [];
  const openSocket: OpenDatagramSocket = async (options, handler) => {
    const socket = await openDgramSocket(options, handler);
    const send = socket.send.bind(socket);
    return Object.assign(socket, {
      send: (transmit: Parameters<typeof send>[0]) => {
        runs.push(transmit.datagrams);
        return send(transmit);
      },
    });
  };
  const store = new InMemoryPskStore([psk]);
  const server = await listen(() => undefined, {
    alpn: 'test',
    psk: store,
    endpoint: { address: '127.0.0.1:0' },
  });
  const endpoint = new QuicEndpoint({ openSocket });
  const [remote] = server.addresses.map(formatAddress);
  const options = { alpn: 'test', psk, endpoint };
  const first = await connect(remote as string, { ...options, local: '127.0.0.1' });
  await first.confirmed;
  await first.close();

  runs.length = 0;
  const local = endpoint.addresses[0];
  const opening = Array.from({ length: SESSIONS }, () =>
    connect(remote as string, { ...options, local }),
  );
  const sessions = await Promise.all(opening);
  await Promise.all(sessions.map(({ confirmed }) => confirmed));
  assert.ok(
    runs.some((datagrams) => datagrams >= SESSIONS),
    `runs of ${runs.join(', ')} datagrams`,
  );
  await Promise.all(sessions.map((session) => session.close()));
  await Promise.all([endpoint.close(), server.close()]);
});
