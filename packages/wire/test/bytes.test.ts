import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../src/bytes.ts';

test('property: the octets of a text are its UTF-8, short or long, in any alphabet', () => {
  const short = fc.string({ maxLength: 80 });
  // `fc.string` with all of Unicode makes a table of it first.
  const codePoint = fc.oneof(
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10_ffff }),
  );
  const any = fc
    .array(codePoint, { maxLength: 80 })
    .map((codePoints) => String.fromCodePoint(...codePoints));
  fc.assert(
    fc.property(fc.oneof(short, any), (text) => {
      const octets = utf8(text);
      assert.deepEqual(octets, new TextEncoder().encode(text));
    }),
  );
});
