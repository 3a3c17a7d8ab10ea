/** What keeps 0-RTT from being replayed. RFC 9846 §8 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsedTickets } from '../src/index.ts';

const ticket = (n: number): Uint8Array => {
  const octets = new Uint8Array(40);
  new DataView(octets.buffer).setUint32(36, n);
  return octets;
};

test('RFC 9846 §8.1: a ticket counts once', () => {
  const used = new UsedTickets({ currentTime: () => 0 });
  assert.equal(used.firstUse(ticket(1)), true);
  assert.equal(used.firstUse(ticket(1)), false);
  assert.equal(used.firstUse(ticket(2)), true);
});

test('RFC 9846 §8.3: it is remembered for as long as a copy could pass for fresh, and then forgotten', () => {
  let now = 0;
  const used = new UsedTickets({ currentTime: () => now });
  now = 19_999;
  assert.equal(used.firstUse(ticket(1)), true);
  now += 20_000;
  assert.equal(used.firstUse(ticket(1)), false, 'the tolerance of its age, twice');
  now += 40_000;
  assert.equal(used.firstUse(ticket(2)), true);
  assert.equal(used.size, 1, 'the first one is forgotten');
});

test('with its memory full it lets no ticket pass', () => {
  let now = 0;
  const used = new UsedTickets({ currentTime: () => now, limit: 8 });
  for (let n = 0; n < 8; n++) assert.equal(used.firstUse(ticket(n)), true);
  assert.equal(used.firstUse(ticket(8)), false);
  now = 50_000;
  assert.equal(used.firstUse(ticket(8)), true, 'until there is room again');
});

test('a clock that goes back makes it forget nothing that counts', () => {
  let now = 100_000;
  const used = new UsedTickets({ currentTime: () => now });
  used.firstUse(ticket(1));
  now = 0;
  assert.equal(used.firstUse(ticket(1)), false);
});
