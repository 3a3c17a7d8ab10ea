import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, utf8 } from '@mpquic/wire';
import { readPsks, showIdentity } from '../src/cli/psk-option.ts';

const key = '000102030405060708090a0b0c0d0e0f';

test('text and hexadecimal identities, both hashes', () => {
  const [text, long, binary] = readPsks(
    [`a=b:c=${key}`, `ue-1=${key}:sha384`],
    [`00ff=${key.toUpperCase()}`],
    'imported',
  );
  assert.deepEqual(text, {
    identity: utf8('a=b:c'),
    key: fromHex(key),
    hash: 'sha256',
    mode: 'imported',
  });
  assert.equal(long?.hash, 'sha384');
  assert.deepEqual(binary?.identity, Uint8Array.of(0, 255));
  assert.deepEqual(binary?.key, fromHex(key));
});

test('wrong PSKs are wrong usage, and no message shows a key', () => {
  const wrong = [`ue-1`, `=${key}`, `ue-1=${key.slice(2)}`, `ue-1=${key}0`, `ue-1=${key}:md5`];
  for (const text of wrong) {
    assert.throws(
      () => readPsks([text], [], 'raw'),
      (error: Error & { status?: number }) =>
        error.status === 2 && /^--psk: /.test(error.message) && !error.message.includes('0102'),
      text,
    );
  }
  assert.throws(() => readPsks([], [`xyz=${key}`], 'raw'), /^CommandFailure: --psk-hex-id: /);
});

test('identities are shown as text where they are text', () => {
  assert.equal(showIdentity(utf8('ue-1@upf.example é')), 'ue-1@upf.example é');
  assert.equal(showIdentity(Uint8Array.of(0x41, 0x00)), '4100');
  assert.equal(showIdentity(Uint8Array.of(0xff)), 'ff');
});
