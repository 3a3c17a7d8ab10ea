import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InMemoryPskStore } from '@mpquic/tls';
import { connect, listen } from '../src/connect.ts';
import { psk, serverAddress } from './session-pair.ts';

test('a token of one session spares the next one the Retry', async () => {
  const server = await listen(() => undefined, {
    alpn: 'test',
    psk: new InMemoryPskStore([psk]),
    endpoint: { address: '127.0.0.1:0', validateAddress: true },
  });
  const options = { alpn: 'test', psk, local: '127.0.0.1' };
  const given = await new Promise<Uint8Array>((resolve, reject) => {
    connect(serverAddress(server), {
      ...options,
      onnewtoken(token, address) {
        assert.equal(address.port, server.address?.port);
        resolve(token);
        void this.close();
      },
    }).catch(reject);
  });
  const second = await connect(serverAddress(server), { ...options, token: given });
  await second.confirmed;
  // One ClientHello and nothing again: the answer to a Retry would be a second Initial of 1200 octets.
  assert.ok(second.stats.bytesSent < 2 * 1200 + 1000, `${second.stats.bytesSent} octets`);
  await second.close();
  server.destroy();
});
