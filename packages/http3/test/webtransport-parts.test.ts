import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import {
  applicationToHttp3Error,
  http3ToApplicationError,
} from '../src/webtransport/application-error.ts';
import {
  availableProtocols,
  chosenProtocol,
  readAvailableProtocols,
  readChosenProtocol,
} from '../src/webtransport/application-protocol.ts';
import { decodeClose, encodeClose } from '../src/webtransport/session-capsules.ts';
import { WebTransportPeer } from './webtransport-peer.ts';

test('application codes map to the ends of their range', () => {
  assert.equal(applicationToHttp3Error(0), 0x52e4_a40f_a8db);
  assert.equal(applicationToHttp3Error(0xffff_ffff), 0x52e5_ac98_3162);
  assert.equal(http3ToApplicationError(0x52e4_a40f_a8da), undefined);
  assert.equal(http3ToApplicationError(0x52e5_ac98_3163), undefined);
});

test('application codes come back, and never map to a reserved code', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (code) => {
      const mapped = applicationToHttp3Error(code);
      assert.notEqual((mapped - 0x21) % 0x1f, 0);
      assert.equal(http3ToApplicationError(mapped), code);
    }),
  );
  const reserved = 0x1f * Math.ceil((0x52e4_a40f_a8db - 0x21) / 0x1f) + 0x21;
  assert.equal(http3ToApplicationError(reserved), undefined);
});

test('application protocols come back, whatever their names hold', () => {
  const name = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
      const plain = names.map((each) => each.replace(/[^ -~]/g, '?'));
      assert.deepEqual(readAvailableProtocols([availableProtocols(names)]), plain);
      assert.equal(readChosenProtocol([chosenProtocol(names[0] as string)]), plain[0]);
    }),
  );
});

for (const [text, expected] of [
  ['"a";q=1 , "b";x="y,z"', ['a', 'b']],
  ['"a", b', []],
  ['"a",', []],
  ['"a" "b"', []],
  ['"a\\x"', []],
  ['', []],
] as const) {
  test(`application protocols written as ${text}`, () => {
    const field = { name: 'wt-available-protocols', value: text };
    assert.deepEqual(readAvailableProtocols([field]), expected);
  });
}

test('no protocol is chosen by a field that is no string', () => {
  for (const values of [['"a", "b"'], ['a'], ['"a"', '"a"'], []]) {
    const fields = values.map((value) => ({ name: 'wt-protocol', value }));
    assert.equal(readChosenProtocol(fields), undefined);
  }
});

test('a close comes back as it was, cut at 1,024 octets behind a whole character', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 400 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), text, (code, reason) => {
      const capsule = encodeClose({ code, reason });
      // Type of two octets in four, length of one or two.
      const value = capsule.subarray(2 + 1 + (((capsule[2] as number) >> 6) & 1));
      const back = decodeClose(value);
      assert.equal(back.code, code);
      assert.ok(utf8(back.reason).length <= 1024);
      assert.ok(new TextDecoder().decode(utf8(reason)).startsWith(back.reason));
      if (utf8(reason).length <= 1024) assert.equal(utf8(back.reason).length, utf8(reason).length);
    }),
  );
});

test('whatever comes on streams ends in events or a close', () => {
  const piece = fc.record(
    {
      streamId: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16),
      data: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.uint8Array({ maxLength: 6 }).map((rest) => Uint8Array.of(0x40, 0x41, ...rest)),
        fc.uint8Array({ maxLength: 6 }).map((rest) => Uint8Array.of(0x40, 0x54, ...rest)),
      ),
      end: fc.constantFrom('more', 'fin', 'reset', 'stop'),
    },
    { noNullPrototype: true },
  );
  const sessionOf = { client: 'withAcceptedSession', server: 'withSession' } as const;
  fc.assert(
    fc.property(fc.constantFrom('client', 'server'), fc.array(piece), (role, pieces) => {
      const peer = WebTransportPeer[sessionOf[role]]();
      const { http } = peer.connection;
      const over = new Set<number>();
      for (const { streamId, data, end } of pieces) {
        const fromPeer = streamId % 2 === (role === 'server' ? 0 : 1) || streamId % 4 < 2;
        const { stopped } = peer.transport.stream(streamId);
        if (!fromPeer || over.has(streamId) || stopped !== undefined) continue;
        if (end === 'reset') http.streamReset(streamId, 7);
        else if (end === 'stop') http.streamStopped(streamId, 7);
        else http.receiveStream(streamId, data, end === 'fin');
        if (end === 'reset' || end === 'fin') over.add(streamId);
        peer.events();
      }
      peer.connection.connectionClosed('over');
      peer.events();
      assert.equal(peer.connection.sessions, 0);
    }),
    { numRuns: 500 },
  );
});
