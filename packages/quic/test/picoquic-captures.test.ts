import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto, hkdfExpandLabel, hkdfExtract } from '@mpquic/crypto';
import { toHex } from '@mpquic/wire';
import { type FrameType, frameLength, writeFrame } from '../src/index.ts';
import { PicoquicCapture } from './picoquic-capture.ts';

const CAPTURES = {
  'psk-transfer': {
    packets: 106,
    byPath: { 'client 0': 13, 'client 1': 11, 'server 0': 39, 'server 1': 43 },
    // SHA-256 over header and plaintext of each packet, as an independent program decrypted them.
    digest: 'e8822f0e978994f0ab8465960a6e0fe86b18d18485e1a2f01b6a50f10a995db5',
  },
  'path-status-abandon': {
    packets: 192,
    byPath: { 'client 0': 60, 'client 1': 43, 'server 0': 50, 'server 1': 39 },
    digest: '4cc13cd8415c8c56953b213ca38db2f90366d3e92c4e69e4aee9b40a00dc5c31',
  },
} as const;

for (const [name, expected] of Object.entries(CAPTURES)) {
  const capture = new PicoquicCapture(name);
  const application = capture.packets.filter((packet) => packet.level === 'application');

  test(`${name}: every packet of every path opens to the right octets`, () => {
    assert.equal(application.length, expected.packets);
    const byPath: Record<string, number> = {};
    const digest = createHash('sha256');
    for (const { sender, pathId, header, plaintext } of application) {
      const key = `${sender} ${pathId}`;
      byPath[key] = (byPath[key] ?? 0) + 1;
      digest.update(header).update(plaintext);
    }
    assert.deepEqual(byPath, expected.byPath);
    assert.equal(digest.digest('hex'), expected.digest);
  });

  test(`${name}: Initial and Handshake packets of both sides open`, () => {
    const seen = new Set(capture.packets.map(({ level, sender }) => `${sender} ${level}`));
    for (const side of ['client', 'server']) {
      assert.ok(seen.has(`${side} initial`) && seen.has(`${side} handshake`));
    }
  });

  test(`${name}: our encoding of control frames is picoquic's`, () => {
    let compared = 0;
    for (const packet of capture.packets) {
      for (const frame of packet.frames) {
        // These may be written in several ways: with or without length, in fewer or more octets.
        if (['stream', 'crypto', 'datagram', 'ack', 'path_ack'].includes(frame.type)) continue;
        const bytes = new Uint8Array(frameLength(frame));
        writeFrame(frame, bytes, 0);
        assert.ok(toHex(packet.plaintext).includes(toHex(bytes)), frame.type);
        compared += 1;
      }
    }
    assert.ok(compared > 50);
  });

  test(`${name}: the PSK binder of the ClientHello`, () => {
    const hello = capture.initialCrypto.client;
    const psk = Uint8Array.from({ length: 32 }, (_, i) => i);
    const none = crypto.hash('sha256', new Uint8Array());
    const early = hkdfExtract(crypto, 'sha256', new Uint8Array(32), psk);
    const binderKey = hkdfExpandLabel(crypto, 'sha256', early, 'ext binder', none, 32);
    const noContext = new Uint8Array();
    const finished = hkdfExpandLabel(crypto, 'sha256', binderKey, 'finished', noContext, 32);
    const truncated = hello.subarray(0, hello.length - 2 - 1 - 32);
    const binder = crypto.hmac('sha256', finished, crypto.hash('sha256', truncated));
    assert.equal(toHex(binder), toHex(hello.subarray(-32)));
  });
}

test('the captures hold the frames of multipath', () => {
  const types = new Set<FrameType>();
  for (const name of Object.keys(CAPTURES)) {
    for (const packet of new PicoquicCapture(name).packets) {
      for (const frame of packet.frames) types.add(frame.type);
    }
  }
  for (const type of [
    'path_ack',
    'path_new_connection_id',
    'path_retire_connection_id',
    'path_status_backup',
    'path_abandon',
    'max_path_id',
    'path_challenge',
    'path_response',
    'new_token',
    'handshake_done',
    'connection_close',
  ] as const) {
    assert.ok(types.has(type), type);
  }
});
