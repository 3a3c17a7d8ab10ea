import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@mpquic/wire';
import type { Frame } from '../src/wire/frames.ts';
import { CLIENT_ADDRESS, SECOND_SERVER_ADDRESS } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { from, secondPath } from './second-path.ts';

test('MP-21 §3.1.2: another address for a known path is a migration of that path alone', () => {
  const peer = secondPath();
  const third = { host: '198.51.100.3', port: 3333 };
  peer.write([{ type: 'ping' }], { pathId: 1, from: third });
  const paths = peer.connection.paths();
  assert.deepEqual(paths[0]?.remote, CLIENT_ADDRESS);
  assert.deepEqual(paths[1]?.remote, third);
  assert.equal(paths[1]?.state, 'validating');
  const seen = peer.wantSeen('challenged', 'path_challenge');
  assert.equal(seen.pathId, 1);
});

test('RFC 9000 §9.3: a packet that is not the latest moves nothing', () => {
  const peer = new ScriptedPeer('client').establish();
  const old = peer.packet([{ type: 'ping' }]);
  peer.write([{ type: 'ping' }]);
  peer.send(old, { from });
  assert.deepEqual(peer.connection.paths()[0]?.remote, CLIENT_ADDRESS);
});

test('RFC 9000 §9.3: a new address is validated, and then the only one', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'ping' }, { type: 'padding', length: 200 }], { from });
  const seen: Frame[] = [];
  for (const { frame, remote } of peer.seen) {
    if (frame.type === 'path_challenge') {
      seen.push(frame);
      if (remote?.host === from.host) {
        peer.write([{ type: 'path_response', data: frame.data }], { from });
        break;
      }
    }
  }
  assert.ok(seen.length > 0);
  const [path] = peer.connection.paths();
  assert.deepEqual([path?.remote, path?.state], [from, 'active']);
  assert.ok(peer.events.some((event) => event.type === 'path_migrated'));
});

test('RFC 9000 §9.3.3: a copy from a spoofed address is found out', () => {
  const peer = new ScriptedPeer('client').establish();
  const copied = peer.packet([{ type: 'ping' }]);
  peer.send(copied.slice(), { from });
  assert.deepEqual(peer.connection.paths()[0]?.remote, from, 'the attacker was faster');
  const asked = peer.seen.filter(({ frame }) => frame.type === 'path_challenge');
  assert.ok(
    asked.some(({ remote }) => remote?.host === CLIENT_ADDRESS.host),
    'the old address is asked too',
  );
  peer.send(copied.slice());
  assert.equal(peer.dropped('duplicate'), 1);
  peer.write([{ type: 'ping' }]);
  const [path] = peer.connection.paths();
  assert.deepEqual([path?.remote, path?.state], [CLIENT_ADDRESS, 'active'], 'back at once');
});

test('RFC 9000 §9.3.2: a migration that is not validated is taken back', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'ping' }], { from });
  assert.deepEqual(peer.connection.paths()[0]?.remote, from);
  peer.advance(5_000_000);
  const [path] = peer.connection.paths();
  assert.deepEqual([path?.remote, path?.state], [CLIENT_ADDRESS, 'active']);
  peer.wantOpen('an address that does not answer');
});

/** A client that moved with a new connection ID, and left one for that; it is not validated there. */
function moved(): ScriptedPeer {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(0, 1)]);
  peer.destinationSequence.set(0, 1);
  peer.write([{ type: 'ping' }], { from, padTo: 500 });
  return peer;
}

/** Connection IDs that packets to one address carried, by sequence number. */
function idsUsed(peer: ScriptedPeer, host: string): number[] {
  const ids = peer.seen.flatMap(({ remote, destination }) =>
    remote?.host === host ? [destination] : [],
  );
  const own = [0, 1].map((sequence) => toHex(peer.ownIds.get(`0/${sequence}`) as Uint8Array));
  return [...new Set(ids)].map((id) => own.indexOf(id));
}

test('RFC 9000 §9.5: a peer that moves gets packets to a new connection ID, and the old address to the old one', () => {
  const peer = moved();
  assert.deepEqual(idsUsed(peer, from.host), [1]);
  assert.deepEqual(idsUsed(peer, CLIENT_ADDRESS.host), [0], 'what is asked at the old address');
  const asked = peer.seen.find(
    ({ remote, frame }) => remote?.host === from.host && frame.type === 'path_challenge',
  );
  assert.ok(asked?.frame.type === 'path_challenge');
  peer.write([{ type: 'path_response', data: asked.frame.data }], { from, padTo: 1200 });
  const retired = peer.wantFrame('the peer stays', 'path_retire_connection_id');
  assert.equal(retired.sequenceNumber, 0);
});

test('RFC 9000 §9.5: a move that is taken back takes the old connection ID with it', () => {
  const peer = moved();
  peer.seen.length = 0;
  peer.advance(5_000_000);
  assert.deepEqual(peer.connection.paths()[0]?.remote, CLIENT_ADDRESS);
  assert.deepEqual(idsUsed(peer, from.host), [1]);
  assert.deepEqual(idsUsed(peer, CLIENT_ADDRESS.host), [0]);
  const retired = peer.wantFrame('taken back', 'path_retire_connection_id');
  assert.equal(retired.sequenceNumber, 1);
});

test('RFC 9000 §9.5: a peer that comes back gets packets to the connection ID that it had there', () => {
  const peer = moved();
  peer.seen.length = 0;
  peer.write([{ type: 'ping' }]);
  peer.advance(30_000);
  assert.deepEqual(peer.connection.paths()[0]?.remote, CLIENT_ADDRESS);
  assert.deepEqual(idsUsed(peer, CLIENT_ADDRESS.host), [0]);
  const retired = peer.wantFrame('back again', 'path_retire_connection_id');
  assert.equal(retired.sequenceNumber, 1);
});

test('RFC 9000 §9: a client drops packets from an address that is not its server', () => {
  const peer = new ScriptedPeer('server').establish();
  peer.write([{ type: 'ping' }], { from: SECOND_SERVER_ADDRESS });
  assert.equal(peer.dropped('unexpected_address'), 1);
});
