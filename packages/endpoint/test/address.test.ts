import assert from 'node:assert/strict';
import { SocketAddress } from 'node:net';
import { test } from 'node:test';
import { readAddress, resolveAddress } from '../src/address.ts';

test('addresses are read with their ports, or with the one that goes without saying', () => {
  assert.deepEqual(readAddress('192.0.2.1:443'), { host: '192.0.2.1', port: 443 });
  assert.deepEqual(readAddress('[2001:db8::1]:443'), { host: '2001:db8::1', port: 443 });
  assert.deepEqual(readAddress('192.0.2.1', 7), { host: '192.0.2.1', port: 7 });
  assert.deepEqual(readAddress('2001:db8::1', 7), { host: '2001:db8::1', port: 7 });
  assert.deepEqual(readAddress('[2001:db8::1]', 7), { host: '2001:db8::1', port: 7 });
  const socketAddress = new SocketAddress({ address: '192.0.2.1', port: 443 });
  assert.deepEqual(readAddress(socketAddress), { host: '192.0.2.1', port: 443 });
});

test('names are not addresses yet', async () => {
  assert.equal(readAddress('localhost:443'), undefined);
  const { host, port } = await resolveAddress('localhost:443');
  assert.match(host, /^(127\.|::1$)/);
  assert.equal(port, 443);
});

for (const text of ['192.0.2.1', '::1', '192.0.2.1:65536', '192.0.2.1:', ':443', '[::1', 'a:b:1']) {
  test(`"${text}" is refused`, async () => {
    const refusal = { code: 'ERR_INVALID_ARG_VALUE' };
    assert.throws(() => readAddress(text), refusal);
    await assert.rejects(resolveAddress(text), refusal);
  });
}
