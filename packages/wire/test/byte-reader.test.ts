import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ByteReader,
  ByteWriter,
  fromHex,
  MAX_VARINT62,
  toHex,
  UnexpectedEnd,
  UsageError,
  VarintTooLarge,
} from '../src/index.ts';

for (const [bytes, value] of [
  ['c2197c5eff14e88c', 151288809941952652n],
  ['9d7f3e7d', 494878333n],
  ['7bbd', 15293n],
  ['25', 37n],
  ['4025', 37n],
] as const) {
  test(`RFC 9000 A.1: ${bytes} is ${value}`, () => {
    assert.equal(new ByteReader(fromHex(bytes)).varint62(), value);
  });
}

test('an integer survives a write and a read, as number and as bigint', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bytes = new ByteWriter().varint(value).finish();
      assert.equal(new ByteReader(bytes).varint(), value);
      assert.equal(new ByteReader(bytes).varint62(), BigInt(value));
      assert.equal(toHex(new ByteWriter().varint62(BigInt(value)).finish()), toHex(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.bigInt(0n, MAX_VARINT62), (value) => {
      assert.equal(new ByteReader(new ByteWriter().varint62(value).finish()).varint62(), value);
    }),
  );
});

test('an integer above 2^53-1 throws, saturates, or is read whole', () => {
  const bytes = fromHex('ffffffffffffffff');
  assert.throws(() => new ByteReader(bytes).varint(), VarintTooLarge);
  const reader = new ByteReader(bytes);
  assert.equal(reader.varintSaturating(), Number.MAX_SAFE_INTEGER);
  assert.equal(reader.remaining, 0);
  assert.equal(new ByteReader(bytes).varint62(), MAX_VARINT62);
});

test('a truncated value throws UnexpectedEnd and leaves the cursor', () => {
  for (const read of ['uint8', 'uint16', 'uint24', 'uint32', 'uint64', 'varint62'] as const) {
    const reader = new ByteReader(fromHex('c0'), 0, read === 'uint8' ? 0 : 1);
    assert.throws(() => reader[read](), UnexpectedEnd, read);
    assert.equal(reader.offset, 0);
  }
  assert.throws(() => new ByteReader(fromHex('0102')).bytes(3), UnexpectedEnd);
  assert.throws(() => new ByteReader(fromHex('0102')).bytes(-1), UnexpectedEnd);
});

test('vectors carry their length, and one that is too long is refused', () => {
  const bytes = new ByteWriter().vector(2, (w) => w.vector(1, (v) => v.uint24(0x010203))).finish();
  assert.equal(toHex(bytes), '000403010203');
  assert.throws(() => new ByteWriter().vector(1, (w) => w.zeros(256)), UsageError);
});

test('hexadecimal: both ways, and a clear refusal', () => {
  assert.equal(toHex(fromHex('00 fF\n10')), '00ff10');
  for (const text of ['0', 'zz', '0x00']) assert.throws(() => fromHex(text), UsageError);
});

test('octets read out of a Buffer are plain, so that slice copies them', () => {
  const buffer = Buffer.from('00010203', 'hex');
  for (const reader of [new ByteReader(buffer), new ByteReader(new Uint8Array()).reset(buffer)]) {
    const copy = reader.bytes(4).slice();
    buffer.fill(9);
    assert.deepEqual(copy, Uint8Array.of(0, 1, 2, 3));
    buffer.set([0, 1, 2, 3]);
  }
});

test('a narrowed reader ends where it was told to, until it is widened', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3, 4));
  const end = reader.narrow(2);
  assert.equal(reader.uint16(), 0x0102);
  assert.throws(() => reader.uint8(), UnexpectedEnd);
  reader.widen(end);
  assert.equal(reader.uint16(), 0x0304);
  assert.throws(() => reader.narrow(1), UnexpectedEnd);
});
