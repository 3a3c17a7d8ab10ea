/** What a person follows a run by: the ladder of its messages, and the tree of its keys. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { toHex } from '@mpquic/wire';
import { attempt } from '../src/experiments/attempt.ts';
import { Stage } from '../src/experiments/stage.ts';
import { type StageRecord, watchingStages } from '../src/experiments/stage-watch.ts';
import { drawKeyTree } from '../src/story/key-tree.ts';
import { drawLadder } from '../src/story/ladder.ts';

async function recordedRun(): Promise<{ readonly record: StageRecord; readonly psk: Uint8Array }> {
  const records: StageRecord[] = [];
  const watcher = { captures: true, onStage: (record: StageRecord) => records.push(record) };
  const psk = await watchingStages(watcher, () =>
    Stage.with({ solution: '4' }, async (stage) => {
      const one = await stage.registeredUe();
      const made = await stage.session(one);
      assert.equal((await attempt(one, made)).accepted, true);
      return made.psk.key;
    }),
  );
  return { record: records[0] as StageRecord, psk };
}

test('a run as a ladder and as a tree of keys', async () => {
  const { record, psk } = await recordedRun();
  const ladder = drawLadder(record, { without: ['SBI'] });
  const [heading = ''] = ladder;
  const column = (title: string): number => heading.indexOf(title) + (title.length >> 1);
  const lineOf = (text: string): string => ladder.find((line) => line.includes(text)) ?? '';

  const hello = lineOf('QUIC ClientHello, KID ');
  assert.equal(hello[column('3GPP')], 'o', 'it crosses the 3GPP access');
  assert.match(hello, /^ *[\d.]+ ms +\+-+o-+> /);
  const second = ladder.filter((line) => line.includes('N1 REGISTRATION REQUEST'))[1] ?? '';
  assert.equal(second[column('non-3GPP')], 'o', 'the second registration, over the other access');
  assert.match(
    lineOf('ESTABLISHMENT ACCEPT'),
    /<-+o-+\+.*N1 PDU SESSION ESTABLISHMENT ACCEPT, \d+ B/,
  );
  for (const text of [
    'QUIC ServerHello',
    'QUIC Finished',
    'QUIC HANDSHAKE_DONE',
    'PSK installed',
  ]) {
    assert.notEqual(lineOf(text), '', text);
  }
  const narrow = drawLadder(record, { width: 100 });
  assert.ok(narrow.every((line) => line.length <= 100));

  const tree = drawKeyTree(record.events, { showSecrets: false });
  const at = tree.findIndex((line) => line.includes('K_UPF = PSK'));
  assert.match(tree[at] ?? '', /derived by AMF, UE; sent to SMF, UPF/);
  assert.match(tree[at + 1] ?? '', /FC fff6 {2}S fff60500010000000\d0004$/);
  const parent = tree
    .slice(0, at)
    .findLast((line) => /^ *├|└ K_AMF/.test(line) && line.includes('K_AMF'));
  assert.ok((parent?.indexOf('K_AMF') ?? 0) < (tree[at]?.indexOf('K_UPF') ?? 0));
  assert.ok(!tree.join('\n').includes(toHex(psk)), 'keys are shortened');
  const whole = drawKeyTree(record.events, { showSecrets: true });
  assert.ok(whole.join('\n').includes(toHex(psk)));
});
