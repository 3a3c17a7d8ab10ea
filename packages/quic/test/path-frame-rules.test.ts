import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../src/wire/frames.ts';
import { pathAckFrame, ScriptedPeer } from './scripted-peer.ts';
import { challenge, from, secondPath } from './second-path.ts';

const PROTOCOL_VIOLATION = 0x0a;
const FRAME_ENCODING_ERROR = 0x07;

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

test('MP-21 §3.4: a path is kept until the peer knows that it is abandoned, lest a reset ends its connection', () => {
  const peer = secondPath();
  peer.connection.closePath(1, 0x3e, peer.now);
  peer.wantSeen('told', 'path_abandon');
  peer.advance(10_000_000);
  peer.wantSeen('told again', 'path_abandon');
  peer.send(peer.packet([{ type: 'ping' }], { pathId: 1 }), { from });
  assert.deepEqual(peer.set.dropped, {}, 'no answer without a connection');
  peer.write([peer.acknowledgement(0)]);
  peer.advance(10_000_000);
  assert.equal(peer.connection.paths().length, 1);
  peer.wantOpen('no answer');
});

test('MP-21 §3.4: a stateless reset with the token of an abandoned path says nothing', () => {
  for (const isAbandoned of [true, false]) {
    const peer = secondPath();
    const announcement = peer.newConnectionId(1, 2, 2) as Frame & {
      statelessResetToken: Uint8Array;
    };
    peer.write([announcement]);
    if (isAbandoned) peer.write([{ type: 'path_abandon', pathId: 1, errorCode: 7 }]);
    const reset = peer.random.fill(new Uint8Array(40));
    reset[0] = 0x41;
    reset.set(announcement.statelessResetToken, 24);
    peer.send(reset, { from });
    const closing = peer.events.find(({ type }) => type === 'closing');
    assert.equal(closing === undefined, isAbandoned);
  }
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
