import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { decodeHuffman, encodeHuffman, HuffmanError } from '../src/qpack/huffman.ts';

for (const [text, hex] of [
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['custom-key', '25a849e95ba97d7f'],
  ['custom-value', '25a849e95bb8e8b4bf'],
  ['302', '6402'],
  ['private', 'aec3771a4b'],
] as const) {
  test(`RFC 7541 C.4, C.6: ${text}`, () => {
    assert.equal(toHex(encodeHuffman(utf8(text))), hex);
    assert.equal(toHex(decodeHuffman(fromHex(hex))), toHex(utf8(text)));
  });
}

test('any octets survive', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.deepEqual([...decodeHuffman(encodeHuffman(bytes))], [...bytes]);
    }),
  );
});

test('EOS, long padding and padding of zeros are refused', () => {
  for (const hex of ['3fffffff', 'ffffffff', 'f1e3c2e5f23a6ba0ab90f4ffff', '00']) {
    assert.throws(() => decodeHuffman(fromHex(hex)), HuffmanError, hex);
  }
});
