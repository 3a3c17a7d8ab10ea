import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreatePdr } from '@mpquic/pfcp';
import { utf8 } from '@mpquic/wire';
import { SessionMirror } from '../src/proxy/workers/session-mirror.ts';

const KID = utf8('kid-1');
const NEXT_KID = utf8('kid-2');

function session(seid: bigint, precedence = 1) {
  const pdr = { pdrId: 1, precedence, pdi: { sourceInterface: 1 } } as unknown as CreatePdr;
  return { seid, addresses: { ue: '10.60.0.1' }, pdrs: [pdr], mars: [] };
}

test('a session is one object for all of its PSKs and handshakes, whose rules change', () => {
  const mirror = new SessionMirror();
  mirror.learn(KID, session(5n));
  const known = mirror.sessionOf(KID);
  assert.equal(known?.addresses.ue, '10.60.0.1');
  mirror.learn(KID, session(5n, 2));
  mirror.learn(NEXT_KID, session(5n, 3));
  assert.equal(mirror.sessionOf(KID), known, 'connections that have it see what changes');
  assert.equal(mirror.sessionOf(NEXT_KID), known);
  assert.equal(mirror.changed(session(5n, 4)), known);
  assert.equal(known?.pdrs[0]?.precedence, 4);
  assert.equal(mirror.changed(session(6n)), undefined, 'of another worker');
});

test('it goes with its last PSK', () => {
  const mirror = new SessionMirror();
  mirror.learn(KID, session(5n));
  mirror.learn(NEXT_KID, session(5n));
  mirror.forget(KID);
  assert.equal(mirror.sessionOf(KID), undefined);
  assert.equal(mirror.size, 1);
  mirror.forget(NEXT_KID);
  mirror.forget(NEXT_KID);
  assert.equal(mirror.size, 0);
});

test('a PSK may change its session, or have none', () => {
  const mirror = new SessionMirror();
  mirror.learn(KID, session(5n));
  mirror.learn(KID, session(6n));
  assert.equal(mirror.size, 1);
  assert.equal(mirror.changed(session(5n)), undefined);
  mirror.learn(KID, undefined);
  assert.equal(mirror.sessionOf(KID), undefined);
  assert.equal(mirror.size, 0);
});
