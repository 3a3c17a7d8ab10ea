import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpProgress } from '../src/runner/local/tcp-progress.ts';

test('octets of a TCP flow by its acknowledgments: from any number, over the wrap, without steps back', () => {
  const progress = new TcpProgress();
  progress.acknowledged(0);
  progress.acknowledged(0xffff_fff0);
  assert.equal(progress.octets, 0, 'the first one says where it begins');
  progress.acknowledged(0xffff_fff8);
  assert.equal(progress.octets, 8);
  progress.acknowledged(0x10);
  assert.equal(progress.octets, 0x20);
  progress.acknowledged(0x08);
  assert.equal(progress.octets, 0x20, 'one that was overtaken');
  progress.acknowledged(1_448 + 0x10);
  assert.equal(progress.octets, 0x20 + 1_448);
});
