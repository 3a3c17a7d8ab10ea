import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Frame } from '../src/wire/frames.ts';
import { anyFrame } from './frame-arbitrary.ts';
import { ScriptedPeer } from './scripted-peer.ts';

test('a client that never acknowledges Initials gets answers only while they can be tracked', () => {
  const peer = new ScriptedPeer('client');
  for (const { level, frames } of peer.handshakeFlight()) {
    peer.write(frames, { level, padTo: 1200 });
  }
  for (let i = 0; i < 400; i++) peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  peer.wantOpen('400 Initials');
  assert.ok(peer.datagrams.length < 300);
});

test('a peer that never acknowledges, and sends on and on, brings nothing down', () => {
  const peer = new ScriptedPeer('client').establish();
  peer.connection.ping(peer.now);
  const twoPings: Frame[] = [{ type: 'ping' }, { type: 'ping' }];
  const first = peer.nextNumber();
  for (let i = 0; i < 1500; i++) peer.write(twoPings, { packetNumber: first + i });
  peer.wantOpen('1500 packets');
});

test('path IDs abandoned in a flood are not replaced without end', () => {
  const peer = new ScriptedPeer('client').establish();
  const frames: Frame[] = [];
  for (let pathId = 1; pathId < 500; pathId++) {
    frames.push({ type: 'path_abandon', pathId, errorCode: 0 });
  }
  peer.write(frames);
  peer.wantClose('beyond what is replaced', 0x0a);
});

test('property: any frames in any packet end in a declared error or none', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.boolean(), (frames, asClient) => {
      const peer = new ScriptedPeer(asClient ? 'client' : 'server').establish();
      for (const frame of frames) {
        if (peer.connection.closed) break;
        peer.write([frame]);
        peer.advance(50_000);
      }
      const [closing] = peer.events.filter((event) => event.type === 'closing');
      if (closing?.reason.by === 'local') assert.notEqual(closing.reason.code, 0x01);
      peer.advance(100_000_000);
      assert.ok(peer.connection.closed, 'it ends in the end');
    }),
    { numRuns: 100, seed: 11 },
  );
});

test('property: any octets in a packet with real keys end in a declared error or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (content) => {
      const peer = new ScriptedPeer('client').establish();
      peer.writeRaw([...content]);
      peer.advance(100_000_000);
      assert.ok(peer.connection.closed);
    }),
    { numRuns: 100, seed: 12 },
  );
});

test('property: a datagram with any octet changed is dropped, and the connection lives', () => {
  const peer = new ScriptedPeer('client').establish();
  fc.assert(
    fc.property(fc.nat(1199), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const packet = peer.packet([{ type: 'ping' }], { padTo: 1200 });
      packet[at] = (packet[at] as number) ^ change;
      peer.send(packet);
      peer.wantOpen('a broken packet');
    }),
    { numRuns: 200, seed: 13 },
  );
});
