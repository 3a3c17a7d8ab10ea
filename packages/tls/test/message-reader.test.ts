import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, toHex } from '@mpquic/wire';
import fc from 'fast-check';
import { encodeMessage, MessageType } from '../src/messages/message.ts';
import { keepMessage } from '../src/messages/message-memory.ts';
import { MessageReader } from '../src/messages/message-reader.ts';

const messages = fc.array(
  fc
    .uint8Array({ maxLength: 2000 })
    .map((body) => encodeMessage(MessageType.certificate, (writer) => writer.bytes(body))),
  { minLength: 1, maxLength: 6 },
);

test('messages come out as they went in, whatever the pieces, and stay as they are', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 900 })), (sent, cuts) => {
      const reader = new MessageReader();
      const data = concatBytes(...sent);
      const received: Uint8Array[] = [];
      const take = (): void => {
        for (let next = reader.next(); next !== undefined; next = reader.next()) {
          received.push(next.bytes);
        }
      };
      let at = 0;
      for (const length of [...cuts, data.length]) {
        const piece = data.slice(at, at + length);
        reader.append(piece);
        take();
        // What the reader was given is not its own.
        piece.fill(0xff);
        at += length;
      }
      assert.equal(reader.pending, 0);
      assert.deepEqual(received.map(toHex), sent.map(toHex));
    }),
  );
});

test('kept messages of any length do not overlap', () => {
  const given = Array.from({ length: 3000 }, (_, i) => new Uint8Array(1 + (i % 1100)).fill(i));
  const kept = given.map((bytes) => keepMessage(Buffer.from(bytes), bytes.length));
  for (const [i, bytes] of given.entries()) {
    assert.equal(toHex(kept[i] as Uint8Array), toHex(bytes));
    assert.equal(kept[i]?.constructor, Uint8Array);
  }
  assert.equal(toHex(keepMessage(Uint8Array.of(1, 2, 3), 2)), '0102');
});
