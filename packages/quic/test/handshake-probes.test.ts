import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionObserver, ObservedPacket } from '../src/observer.ts';
import { Pair } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

interface SentPacket {
  readonly at: number;
  readonly level: ObservedPacket['level'];
  readonly types: readonly string[];
}

/** Collects what one end sends. */
function recording(): { readonly sent: SentPacket[]; readonly observer: ConnectionObserver } {
  const sent: SentPacket[] = [];
  const observer: ConnectionObserver = {
    packetSent: ({ level, frames }, at) => {
      sent.push({ at, level, types: frames.map(({ type }) => type) });
    },
  };
  return { sent, observer };
}

const INITIAL_PROBE = 999_000;

test('RFC 9002 §6.2.4: both probes of a client carry the ClientHello', () => {
  const { sent, observer } = recording();
  const pair = new Pair({ client: { observer } });
  pair.wire.forth.set({ blackhole: true });
  pair.simulation.runFor(INITIAL_PROBE + 1_000);
  const probes = sent.filter(({ at }) => at > 0);
  assert.equal(probes.length, 2);
  for (const { types } of probes) assert.ok(types.includes('crypto'), types.join());
});

test('RFC 9002 §6.2.4: both probes of a server carry what it sent in both spaces', () => {
  const { sent, observer } = recording();
  const pair = new Pair({ server: { observer } });
  pair.wire.back.set({ blackhole: true });
  pair.simulation.at(20_000, () => pair.wire.forth.set({ blackhole: true }));
  pair.simulation.runFor(20_000 + INITIAL_PROBE);
  const probes = sent.filter(({ at }) => at > 20_000);
  assert.deepEqual(
    probes.map(({ level }) => level),
    ['initial', 'handshake', 'initial', 'handshake'],
  );
  for (const { types } of probes) assert.ok(types.includes('crypto'), types.join());
});

test('RFC 9002 §6.2.3: a client that still sends Handshake packets gets HANDSHAKE_DONE again', () => {
  const server = recording();
  const pair = new Pair({ server: { observer: server.observer }, link: { delay: 10_000 } });
  let completedAt = 0;
  pair.server.onEvent = (_connection, event, now) => {
    if (event.type !== 'handshake_confirmed') return;
    completedAt = now;
    // What says so to the client is lost.
    pair.wire.back.set({ blackhole: true });
    pair.simulation.at(now + 1_000, () => pair.wire.back.set({ blackhole: false }));
  };
  pair.until(() => pair.client.has('handshake_confirmed'));
  // The client's probe timeout is that of a path of 20 ms; the server has no round-trip time, and one of a second.
  assert.ok(pair.simulation.now < completedAt + 300_000, `${pair.simulation.now - completedAt} us`);
  const confirmations = server.sent.filter(({ types }) => types.includes('handshake_done'));
  assert.ok(confirmations.length >= 2);
});

test('what anyone may ask for is answered a few times only: HANDSHAKE_DONE', () => {
  const peer = new ScriptedPeer('client');
  for (let i = 0; i < 3; i++) peer.handshakeStep();
  const confirmations = (): number =>
    peer.seen.filter(({ frame }) => frame.type === 'handshake_done').length;
  assert.equal(confirmations(), 1);
  for (let i = 0; i < 20; i++) peer.write([{ type: 'ping' }], { level: 'handshake' });
  assert.equal(confirmations(), 5);
});

test('RFC 9000 §13.2.5: the time that a packet waits for its keys is told as delay', () => {
  const peer = new ScriptedPeer('client');
  peer.handshakeStep();
  const finished = peer.handshakeFlight();
  peer.write([{ type: 'ping' }]);
  peer.advance(300_000);
  for (const { level, frames } of finished) peer.write(frames, { level });
  const delays = peer.seen.flatMap(({ frame, level }) =>
    level === 'application' && (frame.type === 'path_ack' || frame.type === 'ack')
      ? [frame.ackDelay * 8]
      : [],
  );
  assert.equal(delays.length, 1, 'acknowledged at once');
  assert.ok(Math.abs((delays[0] as number) - 300_000) < 8, `${delays[0]} us`);
});
