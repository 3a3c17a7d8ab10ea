/** What may and may not be in 0-RTT, each rule against a scripted peer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import type { Frame } from '../src/wire/frames.ts';
import { ResumptionScene } from './resumption-scene.ts';
import { ackFrame, cryptoFrame, ScriptedPeer, streamFrame } from './scripted-peer.ts';

const PROTOCOL_VIOLATION = 0x0a;
const reset = new Uint8Array(16);
const eight = new Uint8Array(8);

/** A client that sent its ClientHello, and holds 0-RTT keys. */
function resumingClient(accepted = true): ScriptedPeer {
  const scene = new ResumptionScene();
  const session = scene.session();
  const peer = new ScriptedPeer('client', {
    server: accepted ? scene.server() : { ...scene.server(), earlyData: undefined as never },
    tls: {
      psks: [],
      session,
      earlyData: true,
      ...(scene.client() as { readonly serverName: string }),
    },
  });
  for (const { level, frames } of peer.handshakeFlight()) {
    peer.write(frames, { level, padTo: 1200 });
  }
  return peer;
}

const early = { level: 'early' } as const;

test('RFC 9000 §12.3: 0-RTT packets are acknowledged with the numbers of 1-RTT', () => {
  const peer = resumingClient();
  peer.write([streamFrame(0, utf8('hello'), 0, true)], { ...early, packetNumber: 5 });
  assert.equal(peer.connection.earlyData, 'accepted');
  assert.deepEqual(peer.connection.readStream(0)?.data, utf8('hello'));
  for (let i = 0; i < 4; i++) peer.handshakeStep();
  peer.write([{ type: 'ping' }], { packetNumber: 6 });
  peer.advance(30_000);
  const acknowledged = peer.seen.some(
    ({ frame }) => (frame.type === 'path_ack' || frame.type === 'ack') && frame.ranges[1] === 6,
  );
  assert.ok(acknowledged);
});

const forbidden: readonly (readonly [string, Frame])[] = [
  ['RFC 9000 §12.5: ACK', ackFrame(0, 0)],
  ['RFC 9000 §12.5: CRYPTO', cryptoFrame(utf8('x'))],
  ['RFC 9000 §12.5: HANDSHAKE_DONE', { type: 'handshake_done' }],
  ['RFC 9000 §12.5: NEW_TOKEN', { type: 'new_token', token: eight }],
  ['RFC 9000 §12.5: PATH_RESPONSE', { type: 'path_response', data: eight }],
  ['RFC 9000 §12.5: RETIRE_CONNECTION_ID', { type: 'retire_connection_id', sequenceNumber: 0 }],
  ['MP-21 §4: PATH_ABANDON', { type: 'path_abandon', pathId: 1, errorCode: 0 }],
  ['MP-21 §4: MAX_PATH_ID', { type: 'max_path_id', maximum: 5 }],
  [
    'MP-21 §4: PATH_NEW_CONNECTION_ID',
    {
      type: 'path_new_connection_id',
      pathId: 1,
      sequenceNumber: 0,
      retirePriorTo: 0,
      connectionId: eight,
      statelessResetToken: reset,
    },
  ],
];

for (const [rule, frame] of forbidden) {
  test(`${rule} in a 0-RTT packet closes the connection`, () => {
    const peer = resumingClient();
    peer.write([frame], early);
    peer.wantClose(rule, PROTOCOL_VIOLATION);
  });
}

/** Each up to the limit of its stream; four of them up to that of the connection. */
const full = [0, 4, 8, 12].map((id) => streamFrame(id, utf8('x'), (256 << 10) - 1));
const beyond: readonly (readonly [string, number, readonly Frame[]])[] = [
  ['§19.10: a stream', 0x03, [streamFrame(0, utf8('x'), 256 << 10)]],
  ['§19.9: the connection', 0x03, [...full, streamFrame(16, utf8('x'))]],
  ['§19.11: the number of streams', 0x04, [streamFrame(4 * 100, utf8('x'))]],
];

for (const [what, code, frames] of beyond) {
  test(`RFC 9000 ${what} beyond its limit in a 0-RTT packet closes the connection`, () => {
    const peer = resumingClient();
    for (const frame of frames) {
      peer.wantOpen(what);
      peer.write([frame], early);
    }
    peer.wantClose(what, code);
  });
}

test('RFC 9001 §4.6.2: a server that rejects 0-RTT processes none of it', () => {
  const peer = resumingClient(false);
  peer.write([streamFrame(0, utf8('hello'))], early);
  assert.equal(peer.dropped('early_data_refused'), 1);
  assert.equal(peer.connection.readStream(0), undefined);
  peer.wantOpen('a rejection');
});

test('RFC 9001 §4.9.3: after the first 1-RTT packet a server has no 0-RTT keys', () => {
  const peer = resumingClient();
  for (let i = 0; i < 4; i++) peer.handshakeStep();
  peer.write([{ type: 'ping' }], { packetNumber: 9 });
  peer.write([streamFrame(0, utf8('late'))], { ...early, packetNumber: 3 });
  assert.equal(peer.dropped('keys_discarded'), 1);
  assert.equal(peer.connection.readStream(0), undefined);
});

test('RFC 9001 §5.7: 0-RTT in front of the ClientHello is dropped', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  const tls = { psks: [], session, earlyData: true, serverName: 'upf.example' };
  const trust = scene.client().trust;
  const peer = new ScriptedPeer('client', {
    server: scene.server(),
    tls: { ...tls, ...(trust && { trust }) },
  });
  const flight = peer.handshakeFlight();
  const packet = peer.packet([streamFrame(0, utf8('hello'), 0, true)], early);
  peer.set.receiveDatagram(
    { local: peer.testedAddress, remote: peer.peerAddress, payload: packet },
    peer.now,
  );
  assert.equal(peer.set.size, 0);
  for (const { level, frames } of flight) peer.write(frames, { level, padTo: 1200 });
  assert.equal(peer.connection.earlyData, 'accepted');
});

test('0-RTT packets that wait for the rest of the ClientHello have a limit', () => {
  const peer = new ScriptedPeer('client');
  const [flight] = peer.handshakeFlight();
  const frame = flight?.frames[0];
  assert.ok(frame?.type === 'crypto');
  const half = { ...frame, dataEnd: frame.dataStart + 40 };
  peer.write([half], { level: 'initial', padTo: 1200 });
  const { payload, ...addresses } = fakeEarlyPacket(peer);
  for (let i = 0; i < 20; i++) {
    peer.set.receiveDatagram({ ...addresses, payload: payload.slice() }, peer.now);
  }
  assert.equal(peer.dropped('keys_unavailable'), 12, 'of twenty, eight wait');
});

/** A packet that says it is 0-RTT, which nothing can tell before the keys are there. */
function fakeEarlyPacket(peer: ScriptedPeer) {
  const destination = peer.testedIds.get('0/0') as Uint8Array;
  const source = peer.ownIds.get('0/0') as Uint8Array;
  const head = [0xd0, 0, 0, 0, 1, 8, ...destination, 8, ...source, 0x40, 60];
  const payload = Uint8Array.from([...head, ...new Uint8Array(60).fill(0x55)]);
  return { local: peer.testedAddress, remote: peer.peerAddress, payload };
}

// ---- against a scripted server

/** A client that sent 0-RTT data to a server which says this. */
function earlyClient(
  parameters: NonNullable<ConstructorParameters<typeof ScriptedPeer>[1]>['parameters'],
): ScriptedPeer {
  const scene = new ResumptionScene();
  const session = scene.session();
  const peer = new ScriptedPeer('server', {
    ...(parameters && { parameters }),
    client: { ...scene.client(), session, earlyData: true },
    tls: { ...(scene.server() as object), ...scene.tlsTickets(session) },
  });
  const streamId = peer.connection.openStream('bidi') as number;
  peer.connection.writeStream(streamId, utf8('hello'), true);
  peer.pump();
  peer.handshakeStep();
  return peer;
}

test('RFC 9000 §7.4.1: 0-RTT accepted with a lower limit closes the connection', () => {
  const peer = earlyClient({ initialMaxData: 10 });
  peer.wantClose('initial_max_data was higher', PROTOCOL_VIOLATION);
});

test('RFC 9000 §7.4.1: 0-RTT accepted with limits as high is fine', () => {
  const peer = earlyClient(ENOUGH);
  peer.wantOpen('the same limits');
  assert.equal(peer.connection.earlyData, 'accepted');
});

const ENOUGH = {
  initialMaxData: 2 ** 30,
  initialMaxStreamDataBidiLocal: 2 ** 30,
  initialMaxStreamDataBidiRemote: 2 ** 30,
  initialMaxStreamDataUni: 2 ** 30,
  initialMaxStreamsBidi: 1000,
  initialMaxStreamsUni: 1000,
  activeConnectionIdLimit: 8,
};

test('RFC 9001 §4.6.2: an acknowledgement of rejected 0-RTT packets closes the connection', () => {
  const scene = new ResumptionScene();
  const session = scene.session();
  const peer = new ScriptedPeer('server', {
    client: { ...scene.client(), session, earlyData: true },
    tls: { ...(scene.server() as object) },
  });
  const streamId = peer.connection.openStream('bidi') as number;
  peer.connection.writeStream(streamId, utf8('hello'), true);
  peer.pump();
  for (let i = 0; i < 3; i++) peer.handshakeStep();
  assert.equal(peer.connection.earlyData, 'rejected');
  peer.write([ackFrame(0, 0)]);
  peer.wantClose('nobody processed it', PROTOCOL_VIOLATION);
});
