import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ecn } from '@mpquic/wire';
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
