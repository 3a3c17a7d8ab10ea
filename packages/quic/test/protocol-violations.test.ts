import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedPeer } from './scripted-peer.ts';

test('scripted client establishes', () => {
  const peer = new ScriptedPeer('client').establish();
  assert.equal(peer.connection.role, 'server');
});
test('scripted server establishes', () => {
  const peer = new ScriptedPeer('server').establish();
  assert.equal(peer.connection.role, 'client');
});
