import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '@mpquic/wire';
import fc from 'fast-check';
import { RoutableConnectionIds, workerOf } from '../src/set/routable-connection-ids.ts';

/** Gives the same octets each time. */
function source(octets: ArrayLike<number>): Random {
  return {
    fill(into) {
      into.set(octets);
      return into;
    },
  };
}

test('the plain format of QUIC-LB: rotation bits, random bits, server ID, nonce', () => {
  const random = source([0xf5, 1, 2, 3, 4, 5, 6, 7]);
  const id = new RoutableConnectionIds(random, 9).fill(new Uint8Array(8));
  assert.deepEqual([...id], [0x15, 9, 2, 3, 4, 5, 6, 7]);
});

test('a packet with such a connection ID goes to its server, behind both kinds of header', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.nat(),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      (count, any, octets) => {
        const index = any % count;
        const id = new RoutableConnectionIds(source(octets), index).fill(new Uint8Array(8));
        const short = Uint8Array.of(0x4c, ...id, 1, 2, 3);
        const long = Uint8Array.of(0xcc, 0, 0, 0, 1, 8, ...id, 0, 1, 2);
        return workerOf(short, count) === index && workerOf(long, count) === index;
      },
    ),
  );
});

test('any datagram has a worker', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 12 }),
      fc.integer({ min: 1, max: 64 }),
      (bytes, count) => {
        const worker = workerOf(bytes, count);
        return Number.isInteger(worker) && worker >= 0 && worker < count;
      },
    ),
  );
});
