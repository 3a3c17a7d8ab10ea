import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, isText, toHex, utf8 } from '@mpquic/wire';
import fc from 'fast-check';

test('every value that makes the writer grow is written whole', () => {
  const writers: readonly ((writer: ByteWriter) => ByteWriter)[] = [
    (writer) => writer.uint8(0x12),
    (writer) => writer.uint16(0x1234),
    (writer) => writer.uint24(0x123456),
    (writer) => writer.uint32(0x12345678),
    (writer) => writer.uint64(0x123456789abcdef0n),
    (writer) => writer.varint(0x12345678),
    (writer) => writer.varint(0x1234567890),
    (writer) => writer.varint62(0x123456789abcdef0n),
    (writer) => writer.bytes(Uint8Array.of(1, 2, 3)),
    (writer) => writer.vector(2, (body) => body.uint32(0x12345678)),
    (writer) => writer.byteVector(2, Uint8Array.of(1, 2, 3)),
    (writer) => writer.text('plain'),
    (writer) => writer.text('häßlich'),
  ];
  for (const write of writers) {
    const roomy = toHex(write(new ByteWriter(64)).finish());
    for (let capacity = 0; capacity < 8; capacity++) {
      assert.equal(toHex(write(new ByteWriter(capacity)).finish()), roomy);
    }
  }
});

test('a text is written in UTF-8, and recognized', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
      const bytes = new ByteWriter().uint8(7).text(text).finish();
      assert.equal(toHex(bytes), `07${toHex(utf8(text))}`);
      assert.ok(isText(bytes, 1, bytes.length, text));
      assert.equal(isText(bytes, 1, bytes.length, other), text === other);
    }),
  );
});

test('a vector is given its value', () => {
  const write = (writer: ByteWriter, value: number): void => void writer.uint16(value);
  assert.equal(toHex(new ByteWriter().vector(3, write, 0x1234).finish()), '0000021234');
});
