import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressStock } from '../src/proxy/workers/address-stock.ts';
import { TELLING_LIMIT, Telling, told } from '../src/proxy/workers/telling.ts';

test('what the main thread does not take in time is dropped, and said once', () => {
  const posted: number[] = [];
  let losses = 0;
  const underWay = new Int32Array(new SharedArrayBuffer(4));
  const telling = new Telling<number>(
    (message) => posted.push(message),
    underWay,
    () => {
      losses += 1;
    },
  );
  for (let i = 0; i < TELLING_LIMIT + 10; i++) telling.tell(i);
  assert.equal(posted.length, TELLING_LIMIT);
  assert.equal(telling.dropped, 10);
  assert.equal(losses, 1);
  told(underWay);
  telling.tell(-1);
  telling.tell(-2);
  assert.equal(posted.at(-1), -1);
  assert.equal(telling.dropped, 11);
});

test('a worker has addresses ahead, asks for more as it uses them, and gives them back', () => {
  const told: string[] = [];
  const stock = new AddressStock({
    spare: ['10.60.0.1'],
    onTaken: () => told.push('taken'),
    onReturned: (address) => told.push(address),
  });
  assert.equal(stock.leaseAddress(), '10.60.0.1');
  assert.equal(stock.leaseAddress(), undefined);
  stock.add('10.60.0.2');
  assert.equal(stock.leaseAddress(), '10.60.0.2');
  stock.returnAddress('10.60.0.1');
  assert.deepEqual(told, ['taken', 'taken', '10.60.0.1']);
});
