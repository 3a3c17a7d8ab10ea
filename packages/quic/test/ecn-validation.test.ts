import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ecn } from '@mpquic/wire';
import { EcnMarks } from '../src/paths/ecn-marks.ts';
import { EcnValidation } from '../src/recovery/ecn-validation.ts';

function marked(count: number): EcnValidation {
  const validation = new EcnValidation();
  for (let i = 0; i < count; i++) validation.markedPacketSent();
  return validation;
}

test('marks the first packets, then waits for the verdict, RFC 9000 §A.4', () => {
  const validation = marked(9);
  assert.equal(validation.mark, Ecn.ect0);
  validation.markedPacketSent();
  assert.equal(validation.mark, Ecn.notEct);
  assert.equal(validation.acknowledged(10, { ect0: 10, ect1: 0, ce: 0 }), false);
  assert.equal(validation.state, 'capable');
  assert.equal(validation.mark, Ecn.ect0);
});

test('an increase of CE is a congestion event, RFC 9002 §7.1', () => {
  const validation = marked(5);
  assert.equal(validation.acknowledged(3, { ect0: 2, ect1: 0, ce: 1 }), true);
  assert.equal(validation.acknowledged(2, { ect0: 4, ect1: 0, ce: 1 }), false);
});

test('counts that cannot be end the marking, RFC 9000 §13.4.2.1', () => {
  const impossible: readonly [string, number, [number, number, number] | undefined][] = [
    ['no counts', 1, undefined],
    ['too few', 3, [2, 0, 0]],
    ['ECT(1) never sent', 3, [3, 1, 0]],
    ['more than were sent', 3, [6, 0, 0]],
  ];
  for (const [what, acknowledged, counts] of impossible) {
    const validation = marked(5);
    const [ect0, ect1, ce] = counts ?? [0, 0, 0];
    validation.acknowledged(acknowledged, counts && { ect0, ect1, ce });
    assert.equal(validation.state, 'failed', what);
    assert.equal(validation.mark, Ecn.notEct);
    assert.equal(validation.acknowledged(1, { ect0: 5, ect1: 0, ce: 5 }), false);
  }
});

test('counts that fall end the marking', () => {
  const validation = marked(5);
  validation.acknowledged(3, { ect0: 3, ect1: 0, ce: 0 });
  validation.acknowledged(0, { ect0: 2, ect1: 0, ce: 0 });
  assert.equal(validation.state, 'failed');
});

test('losing all of the first marked packets ends the marking', () => {
  const validation = marked(10);
  for (let i = 0; i < 10; i++) validation.markedPacketLost();
  assert.equal(validation.state, 'failed');
});

test('RFC 9000 §13.4.2.1: on another network path marks are tested anew, and the counts go on', () => {
  const before = new EcnValidation();
  for (let i = 0; i < 10; i++) before.markedPacketSent();
  before.acknowledged(8, { ect0: 8, ect1: 0, ce: 0 });
  assert.equal(before.state, 'capable');
  const after = before.restarted(true);
  assert.equal(after.state, 'testing');
  after.markedPacketSent();
  // Two packets of the path before arrive late, beside the one of this path.
  assert.equal(after.acknowledged(1, { ect0: 11, ect1: 0, ce: 0 }), false);
  assert.equal(after.state, 'capable');
});

test('RFC 9000 §13.4.2.1: counts that go below those of the path before end the marking', () => {
  const before = new EcnValidation();
  for (let i = 0; i < 10; i++) before.markedPacketSent();
  before.acknowledged(10, { ect0: 10, ect1: 0, ce: 0 });
  const after = before.restarted(true);
  after.markedPacketSent();
  after.acknowledged(1, { ect0: 1, ect1: 0, ce: 0 });
  assert.equal(after.state, 'failed');
});

test('where the sockets cannot mark, nothing is marked', () => {
  const off = new EcnValidation(false);
  assert.equal(off.mark, Ecn.notEct);
  assert.equal(off.acknowledged(0, undefined), false);
  assert.equal(off.restarted(false).mark, Ecn.notEct);
});

test('packets of the network path before count no more', () => {
  const marks = new EcnMarks();
  for (let number = 0; number < 10; number++) marks.sent(number, true);
  marks.sent(15, false);
  marks.restart(20);
  marks.sent(20, true);
  marks.unmarked(21);
  marks.sent(22, true);
  for (const number of [3, 16, 20, 21, 22]) marks.acknowledged(number, 1);
  assert.equal(marks.takeAcknowledged(), 2);
  marks.acknowledged(18, 5);
  assert.equal(marks.takeAcknowledged(), 2, 'of 18 to 22');
  marks.sent(30, false);
  marks.acknowledged(30, 40);
  marks.acknowledged(29, 2);
  assert.equal(marks.takeAcknowledged(), 41);
});
