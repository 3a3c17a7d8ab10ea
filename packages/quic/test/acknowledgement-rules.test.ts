import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../src/wire/frames.ts';
import { SECOND_CLIENT_ADDRESS } from './connection-pair.ts';
import { ackFrame, pathAckFrame, ScriptedPeer } from './scripted-peer.ts';

const PROTOCOL_VIOLATION = 0x0a;

test('RFC 9000 §13.1: an acknowledgement of a packet that was never sent', () => {
  for (const frame of [ackFrame(1000, 1000), pathAckFrame(0, 1000, 1000)]) {
    const peer = new ScriptedPeer('client').establish();
    peer.write([frame]);
    peer.wantClose(`${frame.type} of packet 1000`, PROTOCOL_VIOLATION);
  }
});

test('RFC 9000 §13.1: an acknowledgement of an Initial that was never sent', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  peer.write([ackFrame(7, 7)], { level: 'initial', padTo: 1200 });
  peer.wantClose('Initial 7', PROTOCOL_VIOLATION);
});

test('RFC 9000 §21.4: a peer that acknowledges a skipped number is caught', () => {
  const peer = new ScriptedPeer('client').establish();
  const numbers = new Set<number>();
  let skipped: number | undefined;
  for (let i = 0; i < 400 && skipped === undefined; i++) {
    peer.connection.ping(peer.now);
    peer.pump();
    for (const { packetNumber } of peer.seen) numbers.add(packetNumber);
    const largest = Math.max(...numbers);
    for (let number = Math.min(...numbers); number < largest; number++) {
      if (!numbers.has(number)) skipped = number;
    }
    peer.seen.length = 0;
    if (i % 8 === 7) peer.acknowledgeAll();
    for (const { packetNumber } of peer.seen) numbers.add(packetNumber);
  }
  assert.ok(skipped !== undefined, 'a number was left out');
  peer.wantOpen('honest acknowledgements');
  peer.write([pathAckFrame(0, skipped, skipped)]);
  peer.wantClose('the skipped number', PROTOCOL_VIOLATION);
});

test('an ACK of more ranges than packets costs little and does no harm', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.connection.ping(peer.now);
  peer.pump();
  const largest = Math.max(...peer.seen.map((seen) => seen.packetNumber));
  const frame = pathAckFrame(0, largest, largest);
  for (let i = 0; i < 500; i++) peer.write([frame, frame]);
  peer.wantOpen('repeated acknowledgements');
});

test('RFC 9000 §13.2.3: what is remembered of received packets is bounded', () => {
  const peer = new ScriptedPeer('client').establish();
  const first = peer.nextNumber();
  for (let i = 0; i < 600; i++) peer.write([{ type: 'ping' }], { packetNumber: first + 2 * i });
  const ack = peer.wantFrame('an acknowledgement', 'path_ack');
  assert.ok(ack.rangeCount <= 128, `${ack.rangeCount} ranges`);
  peer.write([{ type: 'ping' }], { packetNumber: first + 1 });
  assert.equal(
    peer.dropped('duplicate'),
    1,
    'a number below what is remembered counts as received',
  );
});

test('RFC 9000 §12.3: a replayed packet is dropped', () => {
  const peer = new ScriptedPeer('client').establish();
  const packet = peer.packet([{ type: 'ping' }]);
  peer.send(packet.slice());
  peer.send(packet.slice());
  assert.equal(peer.dropped('duplicate'), 1);
});

test('RFC 9000 §13.2.1: the second ack-eliciting packet, and one out of order, is answered at once', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'ping' }]);
  peer.wantNo('one packet may wait', 'path_ack');
  peer.write([{ type: 'ping' }]);
  peer.wantFrame('two do not', 'path_ack');
  peer.write([{ type: 'ping' }], { packetNumber: peer.nextNumber() + 1 });
  peer.wantFrame('a gap', 'path_ack');
});

test('RFC 9000 §13.2.1: a lone packet is answered within max_ack_delay', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'ping' }]);
  peer.wantNo('not yet', 'path_ack');
  peer.advance(25_000);
  const ack = peer.wantFrame('after 25 ms', 'path_ack');
  assert.equal(ack.ackDelay, 25_000 / 8);
});

test('RFC 9000 §13.2.1: packets that elicit nothing are not answered', () => {
  const peer = new ScriptedPeer('client').establish();
  for (let i = 0; i < 10; i++) peer.write([{ type: 'padding', length: 20 }]);
  peer.advance(1_000_000);
  assert.deepEqual(peer.seen, []);
});

test('MP-21 §2.3: with multipath ACK is still taken, for path 0', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.connection.ping(peer.now);
  const { packetNumber } = peer.wantSeen('a PING', 'ping');
  peer.write([ackFrame(packetNumber, packetNumber)]);
  assert.equal(peer.connection.paths()[0]?.bytesInFlight, 0);
});

test('RFC 9000 §13.4.1: ECN counts are reported once marks arrive', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'ping' }], { ecn: 2 });
  peer.write([{ type: 'ping' }], { ecn: 3 });
  const { ecn } = peer.wantFrame('counts', 'path_ack');
  assert.deepEqual({ ...ecn }, { ect0: 1, ect1: 0, ce: 1 });
});

test('MP-21 §2.4: the same packet number on two paths', () => {
  const peer = new ScriptedPeer('client').establish();
  const own: Frame[] = [peer.newConnectionId(1, 0)];
  peer.write(own);
  const number = peer.nextNumber();
  peer.write([{ type: 'ping' }]);
  peer.write([{ type: 'ping' }], { pathId: 1, packetNumber: number, from: SECOND_CLIENT_ADDRESS });
  peer.write([{ type: 'ping' }], { pathId: 1, from: SECOND_CLIENT_ADDRESS });
  peer.advance(25_000);
  const acks = peer.seen.map(({ frame }) => frame).filter((frame) => frame.type === 'path_ack');
  assert.ok(acks.some((ack) => ack.pathId === 0));
  assert.ok(acks.some((ack) => ack.pathId === 1 && ack.ranges[0] === number));
  assert.equal(peer.dropped('duplicate'), 0);
});
