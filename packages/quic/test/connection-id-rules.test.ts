import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Frame, FrameOf } from '../src/wire/frames.ts';
import { ScriptedPeer } from './scripted-peer.ts';

const Code = { frameEncoding: 0x07, connectionIdLimit: 0x09, protocolViolation: 0x0a } as const;

/** A peer that left multipath out, and one that did not. */
const flavours = [
  ['NEW_CONNECTION_ID', { initialMaxPathId: undefined }, false],
  ['PATH_NEW_CONNECTION_ID', {}, true],
] as const;

function establish(
  parameters: (typeof flavours)[number][1],
  multipath: boolean,
  server: object = {},
): ScriptedPeer {
  const peer = new ScriptedPeer('client', { parameters, server });
  peer.multipath = multipath;
  return peer.establish();
}

for (const [name, parameters, multipath] of flavours) {
  const retire = (sequenceNumber: number): Frame =>
    multipath
      ? { type: 'path_retire_connection_id', pathId: 0, sequenceNumber }
      : { type: 'retire_connection_id', sequenceNumber };
  const retireType = multipath ? 'path_retire_connection_id' : 'retire_connection_id';

  test(`RFC 9000 §19.15: ${name} with Retire Prior To above its sequence number`, () => {
    const peer = establish(parameters, multipath);
    peer.write([peer.newConnectionId(0, 1, 2)]);
    peer.wantClose('Retire Prior To', Code.frameEncoding);
  });

  test(`RFC 9000 §19.15: ${name} with 0 or 21 octets`, () => {
    for (const length of [0, 21]) {
      const peer = establish(parameters, multipath);
      const type = multipath ? [0x7e, 0x78, 0x00] : [0x18];
      peer.writeRaw([...type, 1, 0, length, ...new Uint8Array(length + 16)]);
      peer.wantClose(`${length} octets`, Code.frameEncoding);
    }
  });

  test(`RFC 9000 §19.15: ${name} that contradicts an earlier one`, () => {
    const peer = establish(parameters, multipath);
    const first = peer.newConnectionId(0, 1);
    peer.write([first]);
    peer.write([first]);
    peer.wantOpen('a repetition');
    peer.write([peer.newConnectionId(0, 1)]);
    peer.wantClose('another connection ID', Code.protocolViolation);
  });

  test(`RFC 9000 §19.15: ${name} that gives one connection ID two sequence numbers`, () => {
    const peer = establish(parameters, multipath);
    const first = peer.newConnectionId(0, 1) as FrameOf<'path_new_connection_id'>;
    peer.write([first]);
    peer.write([{ ...first, sequenceNumber: 2 }]);
    peer.wantClose('the same connection ID', Code.protocolViolation);
  });

  test(`RFC 9000 §5.1.1: ${name} beyond active_connection_id_limit`, () => {
    const peer = establish(parameters, multipath, { activeConnectionIdLimit: 3 });
    peer.write([peer.newConnectionId(0, 1), peer.newConnectionId(0, 2)]);
    peer.wantOpen('up to the limit');
    peer.write([peer.newConnectionId(0, 3)]);
    peer.wantClose('beyond it', Code.connectionIdLimit);
  });

  test(`RFC 9000 §5.1.2: ${name} retires the one in use, and the next takes over`, () => {
    const peer = establish(parameters, multipath);
    peer.write([peer.newConnectionId(0, 1)]);
    peer.write([peer.newConnectionId(0, 3, 3)]);
    const retired = [0, 1].map(() => peer.wantFrame('retired', retireType).sequenceNumber);
    assert.deepEqual(new Set(retired), new Set([0, 1]));
    peer.connection.ping(peer.now);
    peer.wantFrame('a packet to the new one', 'ping');
    const destination = peer.datagrams.at(-1)?.subarray(1, 9);
    assert.deepEqual(destination, peer.ownIds.get('0/3'));
    peer.write([peer.newConnectionId(0, 2)]);
    assert.equal(peer.wantFrame('late, and retired at once', retireType).sequenceNumber, 2);
    peer.write([peer.newConnectionId(0, 2)]);
    peer.wantNo('retired already', retireType);
  });

  test(`RFC 9000 §5.1.2: a flood of ${name}, each of which retires the one before`, () => {
    const peer = establish(parameters, multipath);
    for (let sequence = 1; sequence < 1000; sequence++) {
      peer.write([peer.newConnectionId(0, sequence, sequence)]);
      if (peer.events.some((event) => event.type === 'closing')) break;
    }
    peer.wantClose('too many retirements', Code.connectionIdLimit);
  });

  test(`RFC 9000 §19.16: ${retireType} of what was never issued`, () => {
    const peer = establish(parameters, multipath);
    peer.write([retire(50)]);
    peer.wantClose('never issued', Code.protocolViolation);
  });

  test(`RFC 9000 §19.16: ${retireType} of the connection ID that the packet was sent to`, () => {
    const peer = establish(parameters, multipath);
    peer.write([retire(0)]);
    peer.wantClose('the one in use', Code.protocolViolation);
  });

  test(`RFC 9000 §5.1.1: a connection ID that ${retireType} retires is replaced`, () => {
    const peer = establish(parameters, multipath);
    peer.destinationSequence.set(0, 1);
    peer.write([retire(0)]);
    const type = multipath ? 'path_new_connection_id' : 'new_connection_id';
    assert.equal(peer.wantFrame('a new one', type).sequenceNumber, 2);
    peer.write([retire(0)]);
    peer.wantNo('a repetition', type);
    peer.destinationSequence.set(0, 0);
    peer.write([{ type: 'ping' }, { type: 'ping' }]);
    assert.equal(peer.dropped('unknown_connection_id'), 0, 'packets on their way still arrive');
    peer.advance(2_000_000);
    peer.write([{ type: 'ping' }]);
    assert.equal(peer.set.dropped['unknown_connection_id'], 1, 'after three PTO they do not');
  });

  test(`RFC 9000 §13.3: a lost ${name} is sent again until acknowledged`, () => {
    const peer = new ScriptedPeer('client', { parameters });
    peer.multipath = multipath;
    peer.handshakeStep();
    peer.handshakeStep();
    const type = multipath ? 'path_new_connection_id' : 'new_connection_id';
    const first = peer.wantFrame('announced', type);
    peer.advance(2_000_000);
    const again = peer.seen.map(({ frame }) => frame).filter((frame) => frame.type === type);
    assert.ok(
      again.some((frame) => isDeepStrictEqual(frame, first)),
      'by a probe',
    );
    peer.acknowledgeAll();
    peer.seen.length = 0;
    peer.advance(5_000_000);
    peer.wantNo('acknowledged', type);
  });
}

test('RFC 9000 §5.1.1: a peer without connection IDs of its own may not issue any', () => {
  const parameters = { initialMaxPathId: undefined };
  const peer = new ScriptedPeer('server', { sourceLength: 0, parameters, client: {} });
  peer.multipath = false;
  peer.establish();
  peer.write([peer.newConnectionId(0, 1)]);
  peer.wantClose('beside a zero-length one', Code.protocolViolation);
});

test('MP-21 §3.2.1: a connection ID of one path announced for another', () => {
  const peer = new ScriptedPeer('client').establish();
  const first = peer.newConnectionId(0, 1) as FrameOf<'path_new_connection_id'>;
  peer.write([first]);
  peer.write([{ ...first, pathId: 1, sequenceNumber: 0 }]);
  peer.wantClose('the same connection ID', Code.protocolViolation);
});

test('MP-21 §3.2.1: connection IDs for every unused path ID and a spare for each path', () => {
  const peer = new ScriptedPeer('client').establish();
  assert.deepEqual([...peer.testedIds.keys()].sort(), ['0/0', '0/1', '1/0', '2/0', '3/0']);
});

test('MP-21 §3.2.1: none above the limit of the peer', () => {
  const peer = new ScriptedPeer('client', { parameters: { initialMaxPathId: 1 } }).establish();
  assert.deepEqual([...peer.testedIds.keys()].sort(), ['0/0', '0/1', '1/0']);
  peer.write([{ type: 'max_path_id', maximum: 2 }]);
  assert.equal(peer.wantFrame('for path 2', 'path_new_connection_id').pathId, 2);
});

test('RFC 9000 §19.16: retirement of a connection ID that was issued but not yet sent', () => {
  const peer = new ScriptedPeer('client').establish();
  const frames: Frame[] = [];
  for (let sequenceNumber = 1; sequenceNumber < 100; sequenceNumber++) {
    frames.push({ type: 'path_retire_connection_id', pathId: 0, sequenceNumber });
  }
  peer.write(frames);
  peer.wantClose('the replacement is not known to the peer', Code.protocolViolation);
});
