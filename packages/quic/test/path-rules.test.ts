import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex, utf8 } from '@mpquic/wire';
import type { Frame } from '../src/wire/frames.ts';
import {
  CLIENT_ADDRESS,
  SECOND_CLIENT_ADDRESS,
  SECOND_SERVER_ADDRESS,
  SERVER_ADDRESS,
} from './connection-pair.ts';
import { pathAckFrame, ScriptedPeer, streamFrame } from './scripted-peer.ts';

const PROTOCOL_VIOLATION = 0x0a;
const FRAME_ENCODING_ERROR = 0x07;
const from = SECOND_CLIENT_ADDRESS;
const challenge = (text: string): Frame => ({ type: 'path_challenge', data: utf8(text) });

/** A client that opened path 1 and had it validated. */
function secondPath(): ScriptedPeer {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(1, 0), peer.newConnectionId(1, 1)]);
  peer.write([challenge('12345678')], { pathId: 1, from, padTo: 1200 });
  const { frame } = peer.wantSeen('a challenge', 'path_challenge');
  assert.equal(frame.type, 'path_challenge');
  peer.write([{ type: 'path_response', data: frame.data }], { pathId: 1, from, padTo: 1200 });
  assert.equal(peer.connection.paths()[1]?.state, 'active');
  peer.acknowledgeAll();
  peer.seen.length = 0;
  return peer;
}

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

test('MP-21 §3.4: PATH_ABANDON is answered once; late packets are acknowledged elsewhere', () => {
  const peer = secondPath();
  const late = peer.packet([{ type: 'ping' }], { pathId: 1 });
  const later = peer.packet([{ type: 'ping' }], { pathId: 1 });
  peer.write([{ type: 'path_abandon', pathId: 1, errorCode: 7 }]);
  const answer = peer.wantSeen('an answer', 'path_abandon');
  assert.equal(answer.pathId, 0, 'on the other path');
  const closed = peer.events.find((event) => event.type === 'path_closed');
  assert.deepEqual(closed, { type: 'path_closed', pathId: 1, by: 'peer', code: 7 });
  const raised = peer.seen.some(({ frame }) => frame.type === 'max_path_id' && frame.maximum === 4);
  assert.ok(raised, 'a replacement is allowed');
  peer.seen.length = 0;
  peer.write([{ type: 'path_abandon', pathId: 1, errorCode: 7 }]);
  peer.wantNo('once', 'path_abandon');
  peer.send(late, { from });
  peer.send(later, { from });
  const ack = peer.seen.find(({ frame }) => frame.type === 'path_ack' && frame.pathId === 1);
  assert.equal(ack?.pathId, 0);
  peer.advance(5_000_000);
  assert.equal(peer.connection.paths().length, 1, 'state is deleted');
  peer.send(peer.packet([{ type: 'ping' }], { pathId: 1 }), { from });
  assert.equal(peer.set.dropped['unknown_connection_id'], 1);
});

test('MP-21 §3.4: a path abandoned here is freed though the peer never answers', () => {
  const peer = secondPath();
  peer.connection.closePath(1, 0x3e, peer.now);
  const { frame, pathId } = peer.wantSeen('told', 'path_abandon');
  assert.equal(pathId, 0);
  assert.deepEqual(frame, { type: 'path_abandon', pathId: 1, errorCode: 0x3e });
  peer.write([peer.acknowledgement(0)]);
  assert.equal(peer.connection.paths()[1]?.state, 'abandoned');
  peer.advance(10_000_000);
  assert.equal(peer.connection.paths().length, 1);
  peer.wantOpen('no answer');
});

test('MP-21 §3.4: a path that was never used may be abandoned', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'path_abandon', pathId: 2, errorCode: 0 }]);
  assert.equal(peer.wantFrame('answered', 'path_abandon').pathId, 2);
  peer.write([challenge('12345678')], { pathId: 2, from, padTo: 1200 });
  assert.equal(peer.connection.paths().length, 1, 'its ID is consumed');
});

test('MP-21 §3.4: PATH_ABANDON of the only path ends the connection', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'path_abandon', pathId: 0, errorCode: 0 }]);
  peer.wantClose('no path is left', 0x10);
});

test('MP-21 §3.4: path 0 can be abandoned like any other', () => {
  const peer = secondPath();
  peer.write([{ type: 'path_abandon', pathId: 0, errorCode: 0 }], { pathId: 1, from });
  const answer = peer.wantSeen('answered', 'path_abandon');
  assert.deepEqual([answer.pathId, answer.remote], [1, from]);
  peer.connection.ping(peer.now);
  assert.equal(peer.wantSeen('goes on', 'ping').pathId, 1);
});

const framesAboutPath = (pathId: number): Frame[] => {
  const peer = new ScriptedPeer('server');
  return [
    pathAckFrame(pathId, 0, 0),
    { type: 'path_abandon', pathId, errorCode: 0 },
    { type: 'path_status_available', pathId, sequenceNumber: 0 },
    { type: 'path_status_backup', pathId, sequenceNumber: 0 },
    {
      ...(peer.newConnectionId(1, 0) as Extract<Frame, { type: 'path_new_connection_id' }>),
      pathId,
    },
    { type: 'path_retire_connection_id', pathId, sequenceNumber: 0 },
    { type: 'path_cids_blocked', pathId, nextSequenceNumber: 0 },
  ];
};

for (const frame of framesAboutPath(4)) {
  test(`MP-21 §4: ${frame.type} for a path ID above the limit`, () => {
    const peer = new ScriptedPeer('client').establish();
    peer.write([frame]);
    peer.wantClose('above the limit', PROTOCOL_VIOLATION);
  });
}

for (const frame of framesAboutPath(1)) {
  test(`MP-21 §4: ${frame.type} for an abandoned path is ignored`, () => {
    const peer = secondPath();
    peer.write([{ type: 'path_abandon', pathId: 1, errorCode: 0 }]);
    peer.seen.length = 0;
    if (frame.type !== 'path_ack') peer.write([frame]);
    peer.advance(5_000_000);
    peer.write([frame]);
    peer.wantOpen(frame.type);
    assert.equal(peer.connection.paths().length, 1);
  });

  test(`RFC 9000 §12.4: ${frame.type} without multipath`, () => {
    const peer = new ScriptedPeer('client', { parameters: { initialMaxPathId: undefined } });
    peer.multipath = false;
    peer.establish();
    peer.write([frame]);
    peer.wantClose('not negotiated', FRAME_ENCODING_ERROR);
  });
}

for (const frame of [
  { type: 'max_path_id', maximum: 5 },
  { type: 'paths_blocked', maximum: 0 },
] as const) {
  test(`RFC 9000 §12.4: ${frame.type} without multipath`, () => {
    const peer = new ScriptedPeer('client', { server: { initialMaxPathId: undefined } });
    peer.multipath = false;
    peer.establish();
    peer.write([frame]);
    peer.wantClose('not negotiated', FRAME_ENCODING_ERROR);
  });
}

for (const [why, frame] of [
  ['MAX_PATH_ID below initial_max_path_id', { type: 'max_path_id', maximum: 2 }],
  ['MAX_PATH_ID above 2^32-1', { type: 'max_path_id', maximum: 2 ** 32 }],
  ['PATHS_BLOCKED above the limit', { type: 'paths_blocked', maximum: 4 }],
  [
    'PATH_CIDS_BLOCKED with a sequence number too high',
    { type: 'path_cids_blocked', pathId: 1, nextSequenceNumber: 2 },
  ],
  ['PATH_ACK of a packet never sent on that path', { ...pathAckFrame(0, 500, 500) }],
] as const) {
  test(`MP-21 §4: ${why}`, () => {
    const peer = new ScriptedPeer('client').establish();
    peer.write([frame]);
    peer.wantClose(why, PROTOCOL_VIOLATION);
  });
}

test('MP-21 §2.1: initial_max_path_id above 2^32-1', () => {
  const peer = new ScriptedPeer('client', { parameters: { initialMaxPathId: 2 ** 32 } });
  for (const { level, frames } of peer.handshakeFlight()) {
    peer.write(frames, { level, padTo: 1200 });
  }
  peer.wantClose('too high', 0x08);
});

test('MP-21 §2.1: initial_max_path_id beside a zero-length connection ID', () => {
  const peer = new ScriptedPeer('client', { sourceLength: 0 });
  for (const { level, frames } of peer.handshakeFlight()) {
    peer.write(frames, { level, padTo: 1200 });
  }
  peer.wantClose('no connection ID', PROTOCOL_VIOLATION);
});

test('MP-21 §4.6: a MAX_PATH_ID that does not raise the limit is ignored', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'max_path_id', maximum: 3 }]);
  peer.wantIdle('nothing new');
});

test('MP-21 §4.7: what blocks the peer is no error', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([
    { type: 'paths_blocked', maximum: 3 },
    { type: 'path_cids_blocked', pathId: 1, nextSequenceNumber: 1 },
  ]);
  peer.wantOpen('informational');
});

test('MP-21 §4.3: a path status with an old sequence number is ignored', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'path_status_backup', pathId: 2, sequenceNumber: 5 }]);
  peer.write([{ type: 'path_status_available', pathId: 2, sequenceNumber: 5 }]);
  peer.write([{ type: 'path_status_available', pathId: 2, sequenceNumber: 4 }]);
  peer.write([{ type: 'path_status_available', pathId: 0, sequenceNumber: 0 }]);
  peer.write([{ type: 'path_status_available', pathId: 2, sequenceNumber: 6 }]);
  assert.deepEqual(
    peer.events.filter((event) => event.type === 'path_status'),
    [
      { type: 'path_status', pathId: 2, status: 'backup', by: 'peer' },
      { type: 'path_status', pathId: 0, status: 'available', by: 'peer' },
      { type: 'path_status', pathId: 2, status: 'available', by: 'peer' },
    ],
  );
});

test('MP-21 §4.3: our own status, repeated when lost and only while it is the last', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.connection.setPathStatus(1, 'backup', peer.now);
  assert.equal(peer.wantFrame('told', 'path_status_backup').sequenceNumber, 0);
  peer.connection.setPathStatus(1, 'available', peer.now);
  const { packetNumber } = peer.wantSeen('told', 'path_status_available');
  peer.advanceToTimer();
  peer.wantNo('outdated', 'path_status_backup');
  assert.equal(peer.wantFrame('again', 'path_status_available').sequenceNumber, 1);
  peer.write([pathAckFrame(0, packetNumber, packetNumber)]);
  peer.seen.length = 0;
  peer.advance(2_000_000);
  peer.wantNo('acknowledged', 'path_status_backup');
});

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
