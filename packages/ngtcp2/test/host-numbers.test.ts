import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOST_LIMIT, HostNumbers } from '../src/host-numbers.ts';

const LOCAL = { host: '192.0.2.1', port: 443 };

test('numbers stand for the addresses they were given for', () => {
  const hosts = new HostNumbers();
  const remote = { host: '2001:db8::1', port: 5000 };
  const [localHost, localPort, remoteHost, remotePort] = hosts.pathNumbers(LOCAL, remote);
  assert.deepEqual(hosts.local(localHost, localPort), LOCAL);
  assert.deepEqual(hosts.remote(remoteHost, remotePort), remote);
  assert.equal(hosts.remote(remoteHost, remotePort), hosts.remote(remoteHost, remotePort));
  assert.equal(hosts.remote(99, 1), undefined);
});

test('ever new hosts push out what was not seen for long, and nothing else', () => {
  const hosts = new HostNumbers();
  const peer = { host: '198.51.100.1', port: 1 };
  const first = hosts.pathNumbers(LOCAL, peer);
  const [stranger] = hosts.pathNumbers({ host: 'stranger', port: 1 }, peer);
  for (let i = 0; i < 10 * HOST_LIMIT; i++) {
    hosts.pathNumbers(LOCAL, { host: `203.0.113.${i}`, port: 1 });
    assert.deepEqual(hosts.pathNumbers(LOCAL, peer), first);
  }
  assert.equal(hosts.size, HOST_LIMIT);
  assert.equal(hosts.local(stranger, 1), undefined);
});
