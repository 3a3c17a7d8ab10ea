/** What no encoder may send, and the connection error that follows. RFC 9204 §6 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '@mpquic/wire';
import { QpackDecoder, QpackError, type QpackFailure } from '../src/qpack/decoder.ts';

/** A decoder with room for 220 octets and, after this, one entry: `:authority: www.example.com`. */
function decoder(...more: readonly string[]): QpackDecoder {
  const made = new QpackDecoder({ maximumTableCapacity: 220, maximumFieldSectionSize: 65_536 });
  for (const hex of ['3fbd01', 'c00f7777772e6578616d706c652e636f6d', ...more]) {
    made.receiveInstructions(fromHex(hex));
  }
  return made;
}

function refused(act: () => unknown, code: QpackFailure, why: RegExp): void {
  assert.throws(
    act,
    (error) => error instanceof QpackError && error.code === code && why.test(error.message),
  );
}

/** Entries of 40 octets each: five of them fit, and the one before them is evicted. */
const fill: readonly string[] = Array.from({ length: 6 }, () => '446e616d650476616c75');

for (const [rule, section, why, more] of [
  ['§2.1.2: a section that has to wait for entries', '030080', /not arrived/, []],
  ['§2.2.1: a Required Insert Count too small for a reference', '020010', /no dynamic/, []],
  ['§2.2.3: a reference to an entry that was evicted', '080086', /no dynamic/, fill],
  ['§2.2.3: a reference in front of the first entry', '020081', /no dynamic/, []],
  ['§2.2.3: a name of an entry that is not there', '0200410161', /no dynamic/, []],
  ['§3.1: an index beyond the static table', '0000ff24', /no static/, []],
  ['§3.1: a name beyond the static table', '00005f5400', /no static/, []],
  ['§4.1.1: an integer beyond 2^62', '0000ffffffffffffffffffff7f', /too large/, []],
  ['§4.5.1.1: a Required Insert Count above twice the table', '0e0080', /too large/, []],
  ['§4.5.1.2: a negative base', '028100', /negative/, []],
  ['§4.5.4: a section that is cut short', '00005f', /wanted/, []],
] as const) {
  test(`RFC 9204 ${rule}: QPACK_DECOMPRESSION_FAILED`, () => {
    refused(() => decoder(...more).decode(0, fromHex(section)), 'QPACK_DECOMPRESSION_FAILED', why);
  });
}

for (const [rule, instruction, why, more] of [
  ['§2.2.3: a duplicate of an entry that was evicted', '06', /no dynamic/, fill],
  ['§2.2.3: a name of an entry that is not there', '8a0161', /no dynamic/, []],
  ['§3.1: a name beyond the static table', 'ff240161', /no static/, []],
  ['§3.2.2: an entry larger than the table', `41617f3f${'62'.repeat(190)}`, /larger than/, []],
  ['§3.2.2: an entry while the capacity is 0', '41610162', /larger than/, ['20']],
  ['§4.3.1: a capacity above the announced maximum', '3fbe01', /above/, []],
  ['§4.1.1: an integer beyond 2^62', '3fffffffffffffffffff7f', /too large/, []],
] as const) {
  test(`RFC 9204 ${rule}: QPACK_ENCODER_STREAM_ERROR`, () => {
    const subject = decoder(...more);
    const act = (): void => subject.receiveInstructions(fromHex(instruction));
    refused(act, 'QPACK_ENCODER_STREAM_ERROR', why);
  });
}

test('RFC 9204 §3.2.3: without a dynamic table nothing can be inserted or referenced', () => {
  const none = (): QpackDecoder =>
    new QpackDecoder({ maximumTableCapacity: 0, maximumFieldSectionSize: 65_536 });
  refused(() => none().receiveInstructions(fromHex('3f01')), 'QPACK_ENCODER_STREAM_ERROR', /above/);
  refused(
    () => none().receiveInstructions(fromHex('41610162')),
    'QPACK_ENCODER_STREAM_ERROR',
    /long|larger/,
  );
  refused(() => none().decode(0, fromHex('010080')), 'QPACK_DECOMPRESSION_FAILED', /too large|not/);
});
