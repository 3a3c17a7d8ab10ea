import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExternalPsk } from '@mpquic/tls';
import { concatBytes, utf8 } from '@mpquic/wire';
import {
  CLIENT_ADDRESS,
  Pair,
  PSK,
  SECOND_CLIENT_ADDRESS,
  SECOND_SERVER_ADDRESS,
} from './connection-pair.ts';
import { cryptoFrame, ScriptedPeer, streamFrame } from './scripted-peer.ts';

const PROTOCOL_VIOLATION = 0x0a;
const TRANSPORT_PARAMETER_ERROR = 0x08;

/** A client that sent its ClientHello and nothing more. */
function helloSent(options: ConstructorParameters<typeof ScriptedPeer>[1] = {}): ScriptedPeer {
  const peer = new ScriptedPeer('client', options);
  for (const { level, frames } of peer.handshakeFlight()) {
    peer.write(frames, { level, padTo: 1200 });
  }
  return peer;
}

test('RFC 9000 §14.1: an Initial in a small datagram is dropped', () => {
  const peer = new ScriptedPeer('client');
  const [flight] = peer.handshakeFlight();
  assert.ok(flight);
  peer.write(flight.frames, { level: 'initial', padTo: 1199 });
  assert.equal(peer.tested, undefined);
  assert.equal(peer.set.dropped['initial_datagram_too_small'], 1);
  assert.equal(peer.set.size, 0);
});

test('RFC 9000 §7.2: a first Destination Connection ID of less than 8 octets is refused', () => {
  const peer = new ScriptedPeer('client');
  const [flight] = peer.handshakeFlight();
  assert.ok(flight);
  const destination = new Uint8Array(7);
  peer.write(flight.frames, { level: 'initial', padTo: 1200, destination });
  assert.equal(peer.set.dropped['first_connection_id_too_short'], 1);
});

test('an Initial that cannot be opened leaves nothing behind', () => {
  const peer = new ScriptedPeer('client');
  const [flight] = peer.handshakeFlight();
  assert.ok(flight);
  const packet = peer.packet(flight.frames, { level: 'initial', padTo: 1200 });
  packet[1100] = (packet[1100] as number) ^ 1;
  peer.send(packet);
  assert.equal(peer.set.size, 0);
  assert.equal(peer.set.dropped['decryption_failed'], 1);
});

test('RFC 9000 §8.1: to a silent client a server sends three times as much at most, probes included', () => {
  const peer = helloSent();
  peer.advance(20_000_000);
  const sent = peer.datagrams.reduce((sum, datagram) => sum + datagram.length, 0);
  assert.ok(peer.datagrams.length > 1, 'it probes');
  assert.ok(sent <= 3 * 1200, `sent ${sent}`);
});

test('RFC 9000 §8.1: a client keeps a server going that its limit has silenced', () => {
  const pair = new Pair({ link: { delay: 10_000 } });
  // The server's datagrams are lost until it may send no more.
  pair.wire.back.set({ blackhole: true });
  pair.simulation.at(2_500_000, () => pair.wire.back.set({ blackhole: false }));
  pair.simulation.runUntil(
    () => pair.client.has('handshake_confirmed'),
    10_000_000,
    'the handshake after a deadlock',
  );
});

test('RFC 9000 §17.2: reserved bits close after authentication, in every type of packet', () => {
  const initial = helloSent();
  initial.write([{ type: 'ping' }], { level: 'initial', padTo: 1200, firstOctetBits: 0x08 });
  initial.wantClose('reserved bits of an Initial', PROTOCOL_VIOLATION);

  const short = new ScriptedPeer('client').establish();
  short.write([{ type: 'ping' }], { firstOctetBits: 0x10 });
  short.wantClose('reserved bits of a 1-RTT packet', PROTOCOL_VIOLATION);
});

test('RFC 9000 §12.4: a packet without frames closes', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([]);
  peer.wantClose('no frames', PROTOCOL_VIOLATION);
});

for (const [name, parameters] of [
  ['a missing initial_source_connection_id', { initialSourceConnectionId: undefined }],
  ['a wrong initial_source_connection_id', { initialSourceConnectionId: new Uint8Array(8) }],
] as const) {
  test(`RFC 9000 §7.3: ${name} closes a server`, () => {
    const peer = helloSent({ parameters });
    peer.wantClose(name, TRANSPORT_PARAMETER_ERROR);
  });
}

for (const [name, parameters] of [
  ['a missing initial_source_connection_id', { initialSourceConnectionId: undefined }],
  ['a missing original_destination_connection_id', { originalDestinationConnectionId: undefined }],
  ['a wrong original_destination_connection_id', { originalDestinationConnectionId: utf8('odd') }],
  ['a retry_source_connection_id without Retry', { retrySourceConnectionId: utf8('retry') }],
] as const) {
  test(`RFC 9000 §7.3: ${name} closes a client`, () => {
    const peer = new ScriptedPeer('server', { parameters });
    peer.pump();
    peer.handshakeStep();
    peer.wantClose(name, TRANSPORT_PARAMETER_ERROR);
  });
}

test('RFC 9000 §7.2: packets with another Source Connection ID are dropped', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  const other = new Uint8Array(8);
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200, source: other });
  assert.equal(peer.dropped('source_connection_id_changed'), 1);
  peer.wantOpen('a forged source');
});

test('RFC 9000 §9: an address that changes during the handshake is ignored', () => {
  const peer = helloSent();
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200, from: SECOND_CLIENT_ADDRESS });
  assert.equal(peer.dropped('address_changed_in_handshake'), 1);
  const client = new ScriptedPeer('server');
  client.pump();
  client.write([{ type: 'ping' }], {
    level: 'initial',
    padTo: 1200,
    from: SECOND_SERVER_ADDRESS,
  });
  assert.equal(client.dropped('address_changed_in_handshake'), 1);
});

test('RFC 9000 §17.2.2: a client drops an Initial with a token', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200, token: utf8('token') });
  assert.equal(peer.dropped('initial_with_token'), 1);
});

test('RFC 9000 §7.5: CRYPTO data far ahead of what can be read', () => {
  const peer = helloSent();
  peer.write([cryptoFrame(utf8('x'), 2 ** 20)], { level: 'initial', padTo: 1200 });
  peer.wantClose('CRYPTO far ahead', 0x0d);
});

test('RFC 9000 §12.4: frames in packets that may not hold them', () => {
  for (const frame of [
    streamFrame(0, utf8('x')),
    { type: 'handshake_done' },
    { type: 'max_path_id', maximum: 5 },
    { type: 'path_abandon', pathId: 0, errorCode: 0 },
  ] as const) {
    const peer = helloSent();
    peer.write([frame], { level: 'initial', padTo: 1200 });
    peer.wantClose(`${frame.type} in an Initial`, PROTOCOL_VIOLATION);
  }
});

test('RFC 9000 §10.2.3: CONNECTION_CLOSE 0x1d in an Initial', () => {
  const peer = helloSent();
  const fields = { errorCode: 1, frameType: 0, reason: new Uint8Array() };
  peer.write([{ type: 'connection_close', application: true, ...fields }], {
    level: 'initial',
    padTo: 1200,
  });
  peer.wantClose('an application close', PROTOCOL_VIOLATION);
});

test('RFC 9000 §19.7, §19.20: frames that only servers send', () => {
  for (const frame of [
    { type: 'handshake_done' },
    { type: 'new_token', token: utf8('token') },
  ] as const) {
    const peer = new ScriptedPeer('client').establish();
    peer.write([frame]);
    peer.wantClose(`${frame.type} from a client`, PROTOCOL_VIOLATION);
  }
});

test('RFC 9001 §4.1.2: HANDSHAKE_DONE in a Handshake packet closes a client', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  for (const { level, frames } of peer.handshakeFlight()) {
    const padTo = level === 'initial' ? 1200 : 0;
    const early = level === 'handshake' ? [{ type: 'handshake_done' } as const] : [];
    peer.write([...early, ...frames], { level, padTo });
  }
  peer.wantClose('HANDSHAKE_DONE too early', PROTOCOL_VIOLATION);
});

test('RFC 9001 §5.7: packets that come before their keys are kept, a few', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  const flight = peer.handshakeFlight();
  const initial = flight.find(({ level }) => level === 'initial');
  const handshake = flight.find(({ level }) => level === 'handshake');
  assert.ok(initial && handshake);
  const late = peer.packet(initial.frames, { level: 'initial', padTo: 1200 });
  for (let i = 0; i < 20; i++) {
    peer.write([...handshake.frames], { level: 'handshake' });
  }
  assert.equal(peer.dropped('keys_unavailable'), 12);
  peer.send(late);
  assert.ok(peer.connection.handshake, 'what was kept completes the handshake');
});

test('RFC 9000 §12.2: coalesced packets for another connection are ignored', () => {
  const peer = helloSent();
  const first = peer.packet([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  const second = peer.packet([{ type: 'handshake_done' }], {
    level: 'initial',
    destination: new Uint8Array(8),
  });
  peer.send(concatBytes(first, second));
  assert.equal(peer.dropped('connection_id_mismatch'), 1);
  peer.wantOpen('the rest of the datagram is not looked at');
});

test('RFC 9001 §4.9: keys of the handshake are gone once it is confirmed', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([{ type: 'ping' }], { level: 'handshake' });
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  assert.equal(peer.dropped('keys_discarded'), 2);
});

test('CRYPTO data after the handshake is no use to a server', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.write([cryptoFrame(utf8('x'))]);
  peer.wantClose('CRYPTO in 1-RTT', 0x010a);
});

/** What a server answers to a client with this PSK, knowing only {@link PSK}. */
function refusal(psk: ExternalPsk): { readonly lengths: readonly number[]; readonly code: number } {
  const pair = new Pair({ client: { psks: [psk] } });
  pair.simulation.runUntil(() => pair.client.has('closing'), 5_000_000, 'a refusal');
  const { statistics } = pair.wire.back;
  const [closing] = pair.client.all('closing');
  assert.equal(closing?.reason.by, 'peer');
  return { lengths: [statistics.sent, statistics.sentOctets], code: closing?.reason.code ?? -1 };
}

test('an unknown identity and a wrong key are answered alike', () => {
  const wrongKey = refusal({ ...PSK, key: utf8('another key of thirty-two octets') });
  const unknown = refusal({ ...PSK, identity: utf8('kid-2') });
  assert.equal(wrongKey.code, 0x0133);
  assert.deepEqual(unknown, wrongKey);
});

test('RFC 9000 §18.2: a preferred address of a server without connection IDs closes a client', () => {
  const peer = new ScriptedPeer('server', {
    sourceLength: 0,
    parameters: {
      initialMaxPathId: undefined,
      preferredAddress: {
        ipv4: { host: '203.0.113.1', port: 443 },
        ipv6: undefined,
        connectionId: utf8('another1'),
        statelessResetToken: new Uint8Array(16),
      },
    },
  });
  peer.pump();
  for (let i = 0; i < 3; i++) peer.handshakeStep();
  peer.wantClose('preferred_address', 0x08);
});

test('a client whose packets go unanswered gives up at its idle timeout', () => {
  const pair = new Pair({ link: { blackhole: true }, client: { maxIdleTimeout: 5_000_000 } });
  pair.simulation.runUntil(() => pair.client.has('closed'), 30_000_000, 'the end');
  assert.equal(pair.client.all('closed')[0]?.reason.by, 'idle');
  assert.equal(pair.client.machine.set.size, 0);
  assert.ok(pair.wire.forth.statistics.sent >= 3, 'it probed');
});

test('all suites and groups come to a handshake, with small datagrams lost and doubled', () => {
  for (const cipherSuites of [
    ['TLS_AES_128_GCM_SHA256'],
    ['TLS_CHACHA20_POLY1305_SHA256'],
  ] as const) {
    for (const group of ['x25519', 'secp256r1', 'secp384r1'] as const) {
      const pair = new Pair({
        seed: group.length,
        link: { delay: 20_000, loss: 0.1, duplication: 0.2, reordering: 0.2 },
        client: { cipherSuites, groups: [group] },
      });
      pair.simulation.runUntil(
        () => pair.client.has('handshake_confirmed') && pair.server.has('handshake_confirmed'),
        20_000_000,
        `the handshake with ${group}`,
      );
      assert.equal(pair.client.connection.handshake?.group, group);
      assert.equal(pair.client.connection.paths()[0]?.local, CLIENT_ADDRESS);
    }
  }
});
