import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InMemoryPskStore } from '@mpquic/tls';
import { connect, listen } from '../src/connect.ts';
import { psk, serverAddress } from './session-pair.ts';

test('a token of one session spares the next one the Retry', async () => {
  let retries = 0;
  const server = await listen(() => undefined, {
    alpn: 'test',
    psk: new InMemoryPskStore([psk]),
    endpoint: {
      address: '127.0.0.1:0',
      validateAddress: true,
      tap({ direction, payload }) {
        if (direction === 'sent' && ((payload[0] as number) & 0xf0) === RETRY) retries += 1;
      },
    },
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
  assert.equal(retries, 1, 'only the first session was asked for its address');
  await second.close();
  server.destroy();
});

/** First octet of a Retry, but for its lower half. RFC 9000 §17.2.5 */
const RETRY = 0xf0;
