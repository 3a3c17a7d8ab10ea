import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '@mpquic/wire';
import fc from 'fast-check';
import { FieldSectionTooLarge, QpackDecoder, QpackError } from '../src/qpack/decoder.ts';
import { encodeFieldSection } from '../src/qpack/encoder.ts';

const options = { maximumTableCapacity: 0, maximumFieldSectionSize: 65_536 };

test('RFC 9204 B.1: literal field line with name reference', () => {
  const fields = new QpackDecoder(options).decode(0, fromHex('0000510b2f696e6465782e68746d6c'));
  assert.deepEqual(fields, [{ name: ':path', value: '/index.html' }]);
});

test('RFC 9204 B.2 to B.5: inserts, references, duplicate, eviction', () => {
  const decoder = new QpackDecoder({ ...options, maximumTableCapacity: 220 });
  decoder.receiveInstructions(
    fromHex('3fbd01c00f7777772e6578616d706c652e636f6dc10c2f73616d706c652f70617468'),
  );
  assert.deepEqual(decoder.decode(4, fromHex('03811011')), [
    { name: ':authority', value: 'www.example.com' },
    { name: ':path', value: '/sample/path' },
  ]);
  assert.equal(toHex(decoder.nextInstructions() ?? new Uint8Array()), '0284');
  decoder.receiveInstructions(fromHex('4a637573746f6d2d6b65790c637573746f6d2d76616c7565'));
  assert.equal(toHex(decoder.nextInstructions() ?? new Uint8Array()), '01');
  decoder.receiveInstructions(fromHex('02'));
  assert.deepEqual(decoder.decode(8, fromHex('050080c181')), [
    { name: ':authority', value: 'www.example.com' },
    { name: ':path', value: '/' },
    { name: 'custom-key', value: 'custom-value' },
  ]);
  decoder.receiveInstructions(fromHex('810d637573746f6d2d76616c756532'));
  assert.throws(() => decoder.decode(12, fromHex('028080')), QpackError);
});

test('instructions may arrive octet by octet', () => {
  const decoder = new QpackDecoder({ ...options, maximumTableCapacity: 220 });
  for (const octet of fromHex('3fbd01c00f7777772e6578616d706c652e636f6d')) {
    decoder.receiveInstructions(Uint8Array.of(octet));
  }
  assert.deepEqual(decoder.decode(0, fromHex('020080')), [
    { name: ':authority', value: 'www.example.com' },
  ]);
});

const name = fc.stringMatching(/^[a-z0-9-]{1,24}$/);
const value = fc.stringMatching(/^[ -~]{0,60}$/);

test('any fields survive', () => {
  const field = fc.record({ name, value }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
      assert.deepEqual(new QpackDecoder(options).decode(0, encodeFieldSection(fields)), fields);
    }),
  );
});

test('any octets are decoded or refused with a declared error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, section) => {
      const decoder = new QpackDecoder({ ...options, maximumTableCapacity: 4096 });
      try {
        if (section) decoder.decode(0, bytes);
        else decoder.receiveInstructions(bytes);
      } catch (error) {
        assert.ok(error instanceof QpackError || error instanceof FieldSectionTooLarge);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a field section above the announced size is refused before it is kept', () => {
  const decoder = new QpackDecoder({ ...options, maximumFieldSectionSize: 100 });
  const fields = Array.from({ length: 4 }, () => ({ name: 'a', value: 'b' }));
  assert.throws(() => decoder.decode(0, encodeFieldSection(fields)), FieldSectionTooLarge);
});
