import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForgottenHandles, type HandleGroup, settle } from '../src/forgotten-handles.ts';
import { collectGarbage } from './collect-garbage.ts';

/** More than one group takes. */
const MANY = 100;

test('what all owners of a group forgot is released, what they settled is not', async () => {
  const released: number[] = [];
  const forgotten = new ForgottenHandles((handle) => released.push(handle));
  const groups: HandleGroup[] = [];
  for (let handle = 1; handle <= MANY; handle++) groups.push(forgotten.add(handle));
  for (let handle = 2; handle <= MANY; handle += 2) {
    settle(groups[handle - 1] as HandleGroup, handle);
  }
  await collectGarbage();
  assert.equal(released.length, 0, 'their owners are there');

  const kept = groups[0] as HandleGroup;
  groups.length = 0;
  while (released.length === 0) await collectGarbage();
  assert.ok(released.length >= MANY / 4);
  assert.ok(released.every((handle) => handle % 2 === 1));
  assert.ok(!kept.handles.some((handle) => released.includes(handle)), 'one owner is still there');
});

test('to settle what was settled changes nothing', () => {
  const forgotten = new ForgottenHandles(() => assert.fail());
  const group = forgotten.add(7);
  settle(group, 7);
  settle(group, 7);
  assert.deepEqual(group.handles, [0]);
});
