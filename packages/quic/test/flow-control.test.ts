import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiveWindow, SendCredit } from '../src/streams/flow-control.ts';
import { isTransportError } from './transport-error-check.ts';

test('data beyond the limit is FLOW_CONTROL_ERROR, RFC 9000 §4.1', () => {
  const window = new ReceiveWindow(1000, 1000);
  window.receive(600);
  window.receive(400);
  assert.throws(() => window.receive(1), isTransportError('FLOW_CONTROL_ERROR'));
});

test('a new limit is due when half of the window is consumed, RFC 9000 §4.2', () => {
  const window = new ReceiveWindow(1000, 1000);
  window.receive(1000);
  window.consume(499);
  assert.equal(window.updateDue, false);
  window.consume(1);
  assert.equal(window.updateDue, true);
  assert.equal(window.update(0, 100_000), 1500);
  assert.equal(window.updateDue, false);
  window.updateLost(1500);
  assert.equal(window.updateDue, true);
  assert.equal(window.update(0, 100_000), 1500);
  window.updateLost(1000);
  assert.equal(window.updateDue, false, 'a later announcement is on its way');
});

test('the window doubles for a fast reader, up to its maximum', () => {
  const window = new ReceiveWindow(1000, 3000);
  let now = 0;
  const readHalf = (): number => {
    const octets = Math.ceil(window.window / 2);
    window.receive(octets);
    window.consume(octets);
    now += 50_000;
    return window.update(now, 100_000);
  };
  readHalf();
  assert.equal(window.window, 1000, 'the first round only starts the clock');
  readHalf();
  assert.equal(window.window, 2000);
  readHalf();
  assert.equal(window.window, 3000);
  readHalf();
  assert.equal(window.window, 3000);
  assert.equal(window.limit, window.consumed + 3000);
});

test('a window of 0 is never announced again', () => {
  const window = new ReceiveWindow(0, 0);
  assert.equal(window.updateDue, false);
  assert.throws(() => window.receive(1), isTransportError('FLOW_CONTROL_ERROR'));
});

test('the window stays for a slow reader', () => {
  const window = new ReceiveWindow(1000, 8000);
  for (let now = 0; now < 10_000_000; now += 500_000) {
    window.receive(500);
    window.consume(500);
    window.update(now, 100_000);
  }
  assert.equal(window.window, 1000);
});

test('a connection window follows what its streams need', () => {
  const window = new ReceiveWindow(1000, 4000);
  window.ensureWindow(3000);
  window.consume(500);
  assert.equal(window.update(0, 1), 3500);
  window.ensureWindow(9000);
  assert.equal(window.window, 4000);
});

test('credit only rises, and blocking is reported once per limit, RFC 9000 §4.1', () => {
  const credit = new SendCredit(100);
  assert.equal(credit.takeBlocked(), undefined);
  credit.use(100);
  assert.equal(credit.available, 0);
  assert.equal(credit.takeBlocked(), 100);
  assert.equal(credit.takeBlocked(), undefined);
  credit.blockedLost(100);
  assert.equal(credit.takeBlocked(), 100);
  assert.equal(credit.raise(100), false);
  assert.equal(credit.raise(50), false);
  assert.equal(credit.raise(150), true);
  assert.equal(credit.available, 50);
  assert.equal(credit.takeBlocked(), undefined);
  credit.use(50);
  credit.blockedLost(100);
  assert.equal(credit.takeBlocked(), 150);
});
