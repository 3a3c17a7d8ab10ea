import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNgtcp2ConnectionSet, ngtcp2Version } from '@mpquic/ngtcp2';
import type { createConnectionSet } from '@mpquic/quic';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';

import { connect, type EndpointOptions, listen, type QuicSession } from '../src/index.ts';

const PSK: ExternalPsk = {
  identity: Uint8Array.of(0, 255, 10, 0, 1, 2, 3),
  key: Uint8Array.from({ length: 32 }, (_, i) => i + 1),
  hash: 'sha256',
  mode: 'raw',
};
const notBuilt = ngtcp2Version() === undefined ? 'run scripts/build-ngtcp2-wasm.sh' : false;

/** The engine is assignable to the place of the other one. */
const connections: typeof createConnectionSet = createNgtcp2ConnectionSet;
const LOOPBACK = '127.0.0.1';

async function echo(session: QuicSession, octets: number): Promise<number> {
  const stream = await session.createBidirectionalStream({ body: new Uint8Array(octets).fill(7) });
  let came = 0;
  for await (const chunks of stream) for (const { length } of chunks) came += length;
  return came;
}

/** Sessions of a client of one engine and a server of another, over UDP. */
async function withSessions(
  engines: { readonly client: EndpointOptions; readonly server: EndpointOptions },
  use: (client: QuicSession) => Promise<void>,
): Promise<void> {
  const server = await listen(
    (session) => {
      session.closed.catch(() => undefined);
      session.onstream = async (stream) => {
        for await (const chunks of stream) {
          for (const chunk of chunks) await stream.writer.write(chunk);
        }
        await stream.writer.end();
      };
      session.ondatagram = (data) => void session.sendDatagram(data);
    },
    {
      endpoint: { address: `${LOOPBACK}:0`, ...engines.server },
      alpn: 'echo',
      psk: new InMemoryPskStore([PSK]),
      requirePsk: true,
    },
  );
  try {
    const { port } = server.address ?? { port: 0 };
    const client = await connect(`${LOOPBACK}:${port}`, {
      endpoint: engines.client,
      alpn: 'echo',
      psk: PSK,
    });
    await use(client);
    await client.close();
  } finally {
    await server.close();
  }
}

const ENGINES = { ours: {}, ngtcp2: { connections } } as const;

for (const [client, server] of [
  ['ngtcp2', 'ours'],
  ['ours', 'ngtcp2'],
] as const) {
  test(`${client} to ${server} over UDP: streams, a datagram, statistics`, { skip: notBuilt }, () =>
    withSessions({ client: ENGINES[client], server: ENGINES[server] }, async (session) => {
      const { cipherVersion, multipath, psk } = await session.opened;
      assert.deepEqual([cipherVersion, multipath], ['TLSv1.3', false]);
      assert.deepEqual(psk?.identity, PSK.identity);
      assert.equal(await echo(session, 100_000), 100_000);
      const echoed = new Promise<Uint8Array>((resolve) => {
        session.ondatagram = resolve;
      });
      assert.notEqual(await session.sendDatagram(Uint8Array.of(1, 2, 3)), 0n);
      assert.deepEqual([...(await echoed)], [1, 2, 3]);
      const { bytesSent, smoothedRtt, cwnd } = session.stats;
      assert.ok(bytesSent > 100_000n && smoothedRtt > 0n && cwnd > 0n);
    }),
  );
}
