import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import type { Frame } from '../src/wire/frames.ts';
import { CLIENT_ADDRESS, SERVER_ADDRESS } from './connection-pair.ts';
import { ScriptedPeer, streamFrame } from './scripted-peer.ts';
import { challenge, from, secondPath } from './second-path.ts';

test('RFC 9000 §8.2: a challenge is answered where it came from, in 1200 octets', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([challenge('abcdefgh')], { padTo: 1200 });
  const { frame, remote, datagramLength } = peer.wantSeen('an answer', 'path_response');
  assert.deepEqual(frame.type === 'path_response' && frame.data, utf8('abcdefgh'));
  assert.deepEqual(remote, CLIENT_ADDRESS);
  assert.equal(datagramLength, 1200);
});

test('RFC 9000 §8.2.2: a probe from another address is answered there, and moves nothing', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([challenge('abcdefgh')], { from, padTo: 1200 });
  const { remote, local } = peer.wantSeen('an answer', 'path_response');
  assert.deepEqual(remote, from);
  assert.deepEqual(local, SERVER_ADDRESS);
  assert.deepEqual(peer.connection.paths()[0]?.remote, CLIENT_ADDRESS);
});

test('RFC 9000 §8.1: the answer to a small probe from elsewhere stays within three times its size', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([challenge('abcdefgh')], { from, padTo: 60 });
  const { datagramLength } = peer.wantSeen('an answer', 'path_response');
  assert.ok(datagramLength <= 180, `${datagramLength} octets`);
});

test('RFC 9000 §8.2.2: a flood of challenges leaves a few answers and an open connection', () => {
  const peer = new ScriptedPeer('client').establish();
  const challenges: Frame[] = [];
  for (let i = 0; i < 100; i++) challenges.push(challenge(`flood${String(i).padStart(3, '0')}`));
  for (let i = 0; i < 50; i++) peer.write(challenges);
  const answers = peer.seen.filter(({ frame }) => frame.type === 'path_response').length;
  assert.ok(answers <= 4 * 50, `${answers} answers to 5000 challenges`);
  peer.wantOpen('a flood');
});

test('RFC 9000 §8.2.3: a PATH_RESPONSE to no challenge is ignored', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'path_response', data: utf8('whatever') }]);
  peer.wantOpen('an answer to nothing');
});

test('MP-21 §3.1: a client opens a path, the server validates it before it sends data', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(1, 0)]);
  peer.connection.openStream('uni');
  peer.write([challenge('12345678')], { pathId: 1, from, padTo: 1200 });
  const { pathId, remote, datagramLength, frame } = peer.wantSeen('challenged', 'path_challenge');
  assert.deepEqual([pathId, remote, datagramLength], [1, from, 1200]);
  assert.equal(peer.connection.paths()[1]?.state, 'validating');
  peer.connection.writeStream(3, new Uint8Array(100_000), false);
  peer.pump();
  const early = peer.seen.filter((seen) => seen.pathId === 1 && seen.frame.type === 'stream');
  assert.deepEqual(early, [], 'no data before validation');
  assert.equal(frame.type, 'path_challenge');
  peer.write([{ type: 'path_response', data: frame.data }], { pathId: 1, from, padTo: 1200 });
  assert.deepEqual(
    peer.events.filter((event) => event.type === 'path_opened' || event.type === 'path_validated'),
    [
      { type: 'path_opened', pathId: 1 },
      { type: 'path_validated', pathId: 1 },
    ],
  );
  peer.acknowledgeAll();
  assert.ok(peer.seen.some((seen) => seen.pathId === 1 && seen.frame.type === 'stream'));
});

test('MP-21 §3.1: a first packet on a path need not hold a challenge', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(1, 0)]);
  peer.write([streamFrame(0, utf8('data'))], { pathId: 1, from });
  assert.equal(peer.connection.readStream(0)?.data.length, 4);
  assert.equal(peer.wantSeen('challenged', 'path_challenge').pathId, 1);
});

test('MP-21 §3.1: without a connection ID for the path the answer waits', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([challenge('12345678')], { pathId: 1, from, padTo: 1200 });
  peer.wantNo('no connection ID yet', 'path_response');
  peer.write([peer.newConnectionId(1, 0)]);
  const seen = peer.wantSeen('now', 'path_response');
  assert.deepEqual([seen.pathId, seen.remote], [1, from]);
});

test('MP-21 §3.1: a response on another path ID validates nothing', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(1, 0)]);
  peer.write([challenge('12345678')], { pathId: 1, from, padTo: 1200 });
  const { frame } = peer.wantSeen('challenged', 'path_challenge');
  assert.equal(frame.type, 'path_challenge');
  peer.write([{ type: 'path_response', data: frame.data }], { pathId: 0, padTo: 1200 });
  assert.equal(peer.connection.paths()[1]?.state, 'validating');
});

test('RFC 9000 §8.1: three times as much goes to a path that is not validated', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(1, 0)]);
  peer.write([{ type: 'ping' }], { pathId: 1, from, padTo: 100 });
  const before = peer.seen.length;
  peer.advance(1_500_000);
  const sent = new Map(
    peer.seen.slice(0).map((seen) => [`${seen.pathId}/${seen.packetNumber}`, seen]),
  );
  let octets = 0;
  for (const seen of sent.values()) if (seen.pathId === 1) octets += seen.datagramLength;
  assert.ok(before >= 0 && octets <= 300, `${octets} octets`);
});

test('RFC 9000 §8.2.1: a challenge that was too small to prove the MTU is followed by a full one', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(1, 0)]);
  peer.write([{ type: 'ping' }], { pathId: 1, from, padTo: 100 });
  const small = peer.wantSeen('a small one', 'path_challenge');
  assert.ok(small.datagramLength < 1200);
  assert.equal(small.frame.type, 'path_challenge');
  peer.write([{ type: 'path_response', data: small.frame.data }], { pathId: 1, from });
  const full = peer.wantSeen('a full one', 'path_challenge');
  assert.equal(full.datagramLength, 1200);
});

test('MP-21 §3.1: a path that is not validated in time is abandoned, its ID never used again', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(1, 0)]);
  peer.write([challenge('12345678')], { pathId: 1, from, padTo: 1200 });
  for (let i = 0; i < 8; i++) {
    peer.advance(1_000_000);
    peer.write([peer.acknowledgement(0)]);
  }
  const { frame, pathId } = peer.wantSeen('given up', 'path_abandon');
  assert.equal(pathId, 0);
  assert.deepEqual(frame, { type: 'path_abandon', pathId: 1, errorCode: 0x3e76 });
  peer.advance(10_000_000);
  assert.deepEqual(
    peer.connection.paths().map((path) => path.id),
    [0],
  );
  peer.write([challenge('12345678')], { pathId: 1, from, padTo: 1200 });
  assert.deepEqual(
    peer.connection.paths().map((path) => path.id),
    [0],
  );
});

test('MP-21 §3: a server opens no path, so a client ignores packets that would', () => {
  const peer = new ScriptedPeer('server').establish();
  peer.write([peer.newConnectionId(1, 0)]);
  peer.write([{ type: 'ping' }], { pathId: 1 });
  assert.equal(peer.dropped('path_not_open'), 1);
  peer.wantOpen('a path opened by a server');
});

test('MP-21 §3.2.2: another connection ID of the same path is taken at once', () => {
  const peer = secondPath();
  peer.destinationSequence.set(1, 1);
  peer.write(
    [{ type: 'path_retire_connection_id', pathId: 1, sequenceNumber: 0 }, { type: 'ping' }],
    { pathId: 1, from },
  );
  const replacement = peer.wantFrame('a new one', 'path_new_connection_id');
  assert.deepEqual([replacement.pathId, replacement.sequenceNumber], [1, 2]);
  assert.equal(peer.connection.paths().length, 2);
  assert.equal(peer.events.filter((event) => event.type === 'path_migrated').length, 0);
});

test('MP-21 §2.4: packets of one path ID do not open under another', () => {
  const peer = secondPath();
  const packet = peer.packet([{ type: 'ping' }], {
    pathId: 0,
    destination: peer.testedIds.get('1/0') as Uint8Array,
    packetNumber: 100,
  });
  peer.send(packet);
  assert.equal(peer.dropped('decryption_failed'), 1);
});
