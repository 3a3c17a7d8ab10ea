import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, toHex } from '@mpquic/wire';

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
  ];
  for (const write of writers) {
    const roomy = toHex(write(new ByteWriter(64)).finish());
    for (let capacity = 0; capacity < 8; capacity++) {
      assert.equal(toHex(write(new ByteWriter(capacity)).finish()), roomy);
    }
  }
});
