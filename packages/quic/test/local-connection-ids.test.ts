import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@mpquic/testkit';
import { ConnectionIdTable } from '../src/paths/connection-id-table.ts';
import { LocalConnectionIds } from '../src/paths/local-connection-ids.ts';

const LIMIT = 8;

function scene() {
  const table = new ConnectionIdTable<string>();
  const ids = new LocalConnectionIds(table, 'owner', new SeededRandom(1));
  const octets = (pathId: number, sequence: number): Uint8Array => {
    const into = new Uint8Array(8);
    assert.ok(ids.copy(pathId, sequence, into), `${pathId}/${sequence}`);
    return into;
  };
  return { table, ids, octets };
}

test('each path gets its own sequence numbers, and what it lacks', () => {
  const { table, ids, octets } = scene();
  const initial = ids.issueInitial();
  assert.deepEqual(octets(0, 0), initial);
  assert.equal(ids.replenish(0, LIMIT, true), 1);
  assert.equal(ids.replenish(0, LIMIT, true), 0);
  assert.equal(ids.replenish(3, LIMIT, false), 1);
  assert.equal(ids.replenish(1, LIMIT, false), 1);
  assert.equal(ids.replenish(3, LIMIT, true), 1);
  assert.deepEqual([ids.nextSequence(0), ids.nextSequence(1), ids.nextSequence(3)], [2, 1, 2]);
  const found = table.find(octets(3, 1), 0);
  assert.deepEqual([found?.owner, found?.pathId, found?.sequence], ['owner', 3, 1]);
});

test('a retired connection ID routes until its time is over, whichever of its path it is', () => {
  for (const sequence of [0, 1]) {
    const { table, ids, octets } = scene();
    ids.issueInitial();
    ids.replenish(0, LIMIT, true);
    const [retired, other] = [octets(0, sequence), octets(0, 1 - sequence)];
    ids.retire(0, sequence, 100);
    assert.equal(ids.copy(0, sequence, new Uint8Array(8)), false);
    assert.equal(ids.replenish(0, LIMIT, true), 1);
    ids.expire(99);
    assert.ok(table.find(retired, 0));
    ids.expire(100);
    assert.equal(table.find(retired, 0), undefined);
    assert.ok(table.find(other, 0));
    assert.ok(table.find(octets(0, 2), 0));
  }
});

test('a path is forgotten alone, wherever it stands among others; then all are', () => {
  for (const gone of [0, 1, 2]) {
    const { table, ids, octets } = scene();
    ids.issueInitial();
    for (const pathId of [1, 2]) ids.replenish(pathId, LIMIT, true);
    const known = [octets(0, 0), octets(1, 0), octets(1, 1), octets(2, 0), octets(2, 1)];
    const count = (): number => known.filter((id) => table.find(id, 0) !== undefined).length;
    ids.removePath(gone);
    assert.equal(count(), gone === 0 ? 4 : 3);
    assert.equal(ids.nextSequence(gone), 0);
    ids.removeAll();
    assert.equal(count(), 0);
  }
});

test('the peer holds a path once it acknowledged any connection ID of it', () => {
  const { ids } = scene();
  ids.replenish(1, LIMIT, true);
  assert.equal(ids.peerHolds(1), false);
  assert.equal(ids.unacknowledged(1, 0), true);
  ids.acknowledged(1, 0);
  assert.equal(ids.peerHolds(1), true);
  assert.equal(ids.unacknowledged(1, 0), false);
  assert.equal(ids.unacknowledged(1, 1), true);
});
