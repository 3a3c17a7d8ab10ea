import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../src/bytes.ts';

test('property: the octets of a text are its UTF-8, short or long, in any alphabet', () => {
  const short = fc.string({ maxLength: 80 });
  const any = fc.string({ unit: 'binary', maxLength: 80 });
  fc.assert(
    fc.property(fc.oneof(short, any), (text) => {
      const octets = utf8(text);
      assert.deepEqual(octets, new TextEncoder().encode(text));
    }),
  );
});
