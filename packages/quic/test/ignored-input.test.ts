/** What is discarded or ignored without a word, and harms nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { utf8 } from '@mpquic/wire';
import type { Frame } from '../src/wire/frames.ts';
import { patchLength, writeLongHeader } from '../src/wire/header-writer.ts';
import { writeRetry } from '../src/wire/retry.ts';
import { writeVersionNegotiation } from '../src/wire/version-negotiation.ts';
import { QUIC_V1, QUIC_V2 } from '../src/wire/versions.ts';
import { ScriptedPeer, streamFrame } from './scripted-peer.ts';

const FRAME_ENCODING_ERROR = 0x07;
const CRYPTO_BUFFER_EXCEEDED = 0x0d;

/** A client whose ClientHello is out. */
function waitingClient(): ScriptedPeer {
  const peer = new ScriptedPeer('server');
  peer.pump();
  return peer;
}

/** The tested client's first packet, by the connection IDs that the peer saw. */
const clientSource = (peer: ScriptedPeer): Uint8Array => peer.testedIds.get('0/0') as Uint8Array;

test('RFC 9000 §5.2.1: a client drops packets of another version than its own', () => {
  const peer = waitingClient();
  const flight = peer.handshakeFlight();
  peer.turnTo(QUIC_V2);
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  assert.equal(peer.dropped('other_version'), 1);
  peer.turnTo(QUIC_V1);
  const unknown = peer.packet([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  unknown.set([0xfa, 0xce, 0xb0, 0x0c], 1);
  peer.send(unknown);
  assert.equal(peer.dropped('unsupported_version'), 1);
  assert.ok(flight.length > 0);
  peer.wantOpen('other versions');
});

test('RFC 9000 §6.1: a server does not answer Version Negotiation', () => {
  const peer = new ScriptedPeer('client');
  const bytes = new Uint8Array(1200);
  for (const version of [1, 0x1a2a3a4a]) {
    writeVersionNegotiation(bytes, 0, utf8('anyone00'), utf8('somebody'), [version], 0);
    peer.send(bytes.slice());
  }
  assert.equal(peer.datagrams.length, 0);
  assert.equal(peer.set.size, 0);
});

test('RFC 9000 §17.2.1: the unused bits of Version Negotiation are ignored', () => {
  for (const unused of [0, 0x2a, 0x7f]) {
    const peer = waitingClient();
    const bytes = new Uint8Array(100);
    const { originalDestination: original } = peer;
    const end = writeVersionNegotiation(bytes, 0, clientSource(peer), original, [5], unused);
    bytes[0] = 0x80 | unused;
    peer.send(bytes.slice(0, end));
    assert.equal(peer.events.find(({ type }) => type === 'closed')?.type, 'closed');
  }
});

test('RFC 9000 §17.2.1: Version Negotiation without versions, or with half of one, is dropped', () => {
  const peer = waitingClient();
  const bytes = new Uint8Array(100);
  const { originalDestination: original } = peer;
  const end = writeVersionNegotiation(bytes, 0, clientSource(peer), original, [5], 0);
  peer.send(bytes.slice(0, end - 4));
  peer.send(bytes.slice(0, end - 2));
  assert.equal(peer.dropped('unexpected_version_negotiation'), 2);
  peer.wantOpen('Version Negotiation that is cut short');
});

function retry(peer: ScriptedPeer, source: Uint8Array, unused = 0): Uint8Array {
  const bytes = new Uint8Array(200);
  const [crypto, token] = [nodeCryptoProvider, utf8('token')];
  const destination = clientSource(peer);
  const original = peer.originalDestination;
  const write = (): number =>
    writeRetry(crypto, bytes, 0, QUIC_V1, destination, source, original, token);
  const end = write();
  if (unused === 0) return bytes.slice(0, end);
  // The tag is over the unused bits too.
  const first = (bytes[0] as number) | unused;
  const aad = Uint8Array.from([
    original.length,
    ...original,
    first,
    ...bytes.subarray(1, end - 16),
  ]);
  const { retryKey, retryNonce } = QUIC_V1;
  const tag = crypto.aeadSeal('aes-128-gcm', retryKey, retryNonce, aad, new Uint8Array());
  return Uint8Array.from([first, ...bytes.subarray(1, end - 16), ...tag]);
}

test('RFC 9000 §17.2.5: the unused bits of Retry are ignored', () => {
  const peer = waitingClient();
  const before = peer.datagrams.length;
  peer.send(retry(peer, utf8('retry-id'), 0x0f));
  assert.ok(peer.datagrams[before], 'the Initial is sent again');
  assert.equal(peer.dropped('unexpected_retry'), 0);
});

test('RFC 9000 §17.2.5.1: a Retry that keeps the connection ID of the Initial is dropped', () => {
  const peer = waitingClient();
  peer.send(retry(peer, peer.originalDestination));
  assert.equal(peer.dropped('unexpected_retry'), 1);
  peer.send(retry(peer, utf8('retry-id')));
  assert.equal(peer.dropped('unexpected_retry'), 1);
});

test('RFC 9000 §17.4: the spin bit means nothing', () => {
  for (const role of ['client', 'server'] as const) {
    const peer = new ScriptedPeer(role).establish();
    for (let i = 0; i < 8; i++) {
      peer.write([{ type: 'ping' }], { firstOctetBits: i % 3 === 0 ? 0x20 : 0 });
    }
    peer.advance(30_000);
    assert.ok(peer.seen.some(({ frame }) => frame.type === 'path_ack'));
    peer.wantOpen('the spin bit');
    assert.deepEqual(peer.connection.stats().packetsDropped, {});
  }
});

test('RFC 9000 §10.3: a datagram that is too small to be a packet is dropped', () => {
  const peer = new ScriptedPeer('client').establish();
  const whole = peer.packet([{ type: 'ping' }]);
  for (let length = 0; length <= 20; length++) peer.send(whole.slice(0, length));
  peer.wantIdle('nothing is answered');
  peer.wantOpen('small datagrams');
});

/** A datagram of random octets that ends in this token. */
function reset(peer: ScriptedPeer, token: Uint8Array, first: number): Uint8Array {
  const datagram = peer.random.fill(new Uint8Array(60));
  datagram[0] = first;
  datagram.set(token, datagram.length - 16);
  return datagram;
}

function endedByReset(peer: ScriptedPeer): boolean {
  return peer.events.some((event) => event.type === 'closing' && event.reason.by === 'reset');
}

test('RFC 9000 §10.3: a stateless reset may look like any packet, a long header as well', () => {
  for (const first of [0x41, 0x7f, 0xc1, 0xf3, 0x80]) {
    const peer = new ScriptedPeer('client').establish();
    const announcement = peer.newConnectionId(0, 1, 1) as Frame & {
      statelessResetToken: Uint8Array;
    };
    peer.write([announcement]);
    peer.send(reset(peer, announcement.statelessResetToken, first));
    assert.ok(endedByReset(peer), first.toString(16));
  }
});

test('RFC 9000 §10.3.1: the token of a connection ID that is not used, or retired, resets nothing', () => {
  const peer = new ScriptedPeer('client').establish();
  const unused = peer.newConnectionId(0, 1) as Frame & { statelessResetToken: Uint8Array };
  peer.write([unused]);
  peer.send(reset(peer, unused.statelessResetToken, 0x41));
  peer.wantOpen('an unused one');
  const next = peer.newConnectionId(0, 2, 2);
  peer.write([next]);
  peer.send(reset(peer, unused.statelessResetToken, 0x41));
  assert.equal(endedByReset(peer), false, 'a retired one');
});

for (const [name, multipath] of [
  ['NEW_CONNECTION_ID', false],
  ['PATH_NEW_CONNECTION_ID', true],
] as const) {
  test(`RFC 9000 §19.15: ${name} that comes again is no error, and counts once`, () => {
    const peer = new ScriptedPeer('client').establish();
    peer.multipath = multipath;
    const frames = [1, 2, 3].map((sequence) => peer.newConnectionId(0, sequence));
    for (let i = 0; i < 4; i++) peer.write(frames);
    peer.wantOpen('repeated frames');
    peer.wantNo('and retires nothing', 'path_retire_connection_id');
  });

  test(`RFC 9000 §19.15: in ${name} a Retire Prior To that does not grow is ignored`, () => {
    const peer = new ScriptedPeer('client').establish();
    peer.multipath = multipath;
    const retire = 'path_retire_connection_id';
    peer.write([peer.newConnectionId(0, 2, 2)]);
    assert.equal(peer.wantFrame('the first one', retire).sequenceNumber, 0);
    peer.write([peer.newConnectionId(0, 3, 1)]);
    peer.wantNo('a lower value', retire);
    peer.write([peer.newConnectionId(0, 1, 0)]);
    const late = peer.wantFrame('RFC 9000 §5.1.2: one that came late is given back', retire);
    assert.equal(late.sequenceNumber, 1);
    peer.wantOpen('connection IDs out of order');
  });
}

test('RFC 9000 §3.1, §3.2: frames for a stream that is closed are ignored', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([streamFrame(2, utf8('all'), 0, true)]);
  assert.deepEqual(peer.connection.readStream(2)?.data, utf8('all'));
  const streamId = peer.connection.openStream('uni') as number;
  peer.connection.writeStream(streamId, utf8('x'), true);
  peer.acknowledgeAll();
  assert.ok(peer.events.some(({ type }) => type === 'stream_delivered'));
  const opened = peer.events.filter(({ type }) => type === 'stream_opened').length;
  const late: readonly Frame[] = [
    streamFrame(2, utf8('all'), 0, true),
    { type: 'reset_stream', streamId: 2, errorCode: 1, finalSize: 3 },
    { type: 'stream_data_blocked', streamId: 2, limit: 3 },
    { type: 'max_stream_data', streamId, maximum: 2 ** 20 },
    { type: 'stop_sending', streamId, errorCode: 1 },
  ];
  for (const frame of late) peer.write([frame]);
  peer.wantOpen('late frames');
  peer.wantNo('a closed stream', 'reset_stream');
  assert.equal(peer.events.filter(({ type }) => type === 'stream_opened').length, opened);
  assert.equal(peer.connection.readStream(2), undefined);
});

test('RFC 9000 §19.6: CRYPTO data at the end of the number space', () => {
  for (const level of ['initial', 'application'] as const) {
    const peer = new ScriptedPeer('client');
    if (level === 'application') peer.establish();
    else peer.handshakeStep();
    // A frame of 2 octets at 2^62-1, which no writer of ours makes.
    const content = Uint8Array.from([0x06, ...new Array(8).fill(0xff), 2, 0, 0]);
    peer.send(peer.packet([], { level, content, padTo: 1200 }));
    const [closing] = peer.events.filter((event) => event.type === 'closing');
    assert.ok(closing, level);
    assert.ok([FRAME_ENCODING_ERROR, CRYPTO_BUFFER_EXCEEDED].includes(closing.reason.code), level);
  }
});

test('RFC 9000 §2.2: stream data that came already are discarded, whatever they say', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([streamFrame(0, utf8('first'))]);
  assert.deepEqual(peer.connection.readStream(0)?.data, utf8('first'));
  peer.write([streamFrame(0, utf8('other'))]);
  peer.write([streamFrame(0, utf8('more'), 5, true)]);
  assert.deepEqual(peer.connection.readStream(0)?.data, utf8('more'));
  peer.wantOpen('data twice');
});

test('RFC 9001 §5.6: a client does not open 0-RTT packets', () => {
  const peer = new ScriptedPeer('server').establish();
  const packet = peer.random.fill(new Uint8Array(100));
  const source = peer.ownIds.get('0/0') as Uint8Array;
  const end = writeLongHeader(
    packet,
    0,
    QUIC_V1,
    'early',
    clientSource(peer),
    source,
    undefined,
    0,
    4,
  );
  patchLength(packet, end, 4, packet.length - end);
  peer.send(packet);
  assert.equal(peer.dropped('unexpected_early_data'), 1);
  peer.wantOpen('0-RTT of a server');
});

test('RFC 9000 §19.6: CRYPTO data that came already are ignored', () => {
  const peer = new ScriptedPeer('client');
  const [flight] = peer.handshakeFlight();
  assert.ok(flight);
  for (let i = 0; i < 3; i++) peer.write(flight.frames, { level: flight.level, padTo: 1200 });
  peer.establish();
  peer.wantOpen('a ClientHello three times');
});
