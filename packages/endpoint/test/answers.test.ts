import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deferred } from '../src/deferred.ts';
import { connectPair } from './session-pair.ts';

const EXCHANGES = 200;

test('acknowledgements leave with the answers of the application, not in packets of their own', async () => {
  let arrived = new Deferred<void>();
  const pair = await connectPair({
    client: { ondatagram: () => arrived.resolve() },
    onsession: (session) => {
      session.ondatagram = (datagram) => void session.sendDatagram(datagram);
    },
  });
  await Promise.all([pair.client.confirmed, pair.server.confirmed]);
  const before = sent(pair.client, pair.server);
  for (let i = 0; i < EXCHANGES; i++) {
    arrived = new Deferred();
    void pair.client.sendDatagram(new Uint8Array(120));
    await arrived.promise;
  }
  const [client = 0, server = 0] = sent(pair.client, pair.server).map(
    (packets, side) => packets - (before[side] as number),
  );
  // Every second packet asks for an acknowledgement at once: alone, they would be half as many again.
  assert.ok(client < 1.2 * EXCHANGES, `the client sent ${client} packets`);
  assert.ok(server < 1.2 * EXCHANGES, `the server sent ${server} packets`);
  await pair.close();
});

function sent(...sessions: { readonly paths: readonly { readonly packetsSent: number }[] }[]) {
  return sessions.map(({ paths }) => paths.reduce((sum, path) => sum + path.packetsSent, 0));
}
