import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto, type HashName } from '@mpquic/crypto';
import { fromHex, fromUtf8, toHex, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { decodeImportedIdentity, encodeImportedIdentity } from '../src/index.ts';
import { importPsk, KDF_CODES } from '../src/psk-importer.ts';
import {
  createPskSchedule,
  importedHash,
  namedHash,
  pskIdentitiesOnWire,
} from '../src/wire-psk.ts';
import { testPsk } from './pair.ts';
import { readVectors } from './vectors.ts';

interface ImportVector {
  readonly base_key: string;
  readonly external_identity: string;
  readonly context: string;
  readonly epsk_hash: HashName;
  readonly target_kdf: string;
  readonly imported_identity: string;
  readonly ipskx: string;
  readonly binder_finished_key: string;
}

for (const vector of readVectors<readonly ImportVector[]>('rfc9258-import.json')) {
  const kdf = (Object.keys(KDF_CODES) as HashName[])[Number(vector.target_kdf) - 1] as HashName;
  const name = fromUtf8(fromHex(vector.external_identity));
  test(`RFC 9258 §5: ${name} of ${vector.epsk_hash} imported for ${kdf}`, () => {
    const psk = testPsk({
      identity: fromHex(vector.external_identity),
      key: fromHex(vector.base_key),
      hash: vector.epsk_hash,
      mode: 'imported',
      context: fromHex(vector.context),
    });
    const identity = encodeImportedIdentity(psk, kdf);
    assert.equal(toHex(identity), vector.imported_identity);
    assert.equal(toHex(importPsk(crypto, psk, identity, kdf)), vector.ipskx);
    const schedule = createPskSchedule(crypto, psk, { identity, hash: kdf });
    const messages = crypto.hash(kdf, identity);
    const due = crypto.hmac(kdf, fromHex(vector.binder_finished_key), messages);
    assert.equal(toHex(schedule.binder(messages)), toHex(due));
    assert.equal(namedHash(psk, identity), kdf);
    assert.equal(importedHash(identity), kdf);
  });
}

test('an ImportedIdentity survives encoding and decoding', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom<HashName>('sha256', 'sha384'),
      (identity, context, kdf) => {
        const psk = testPsk({ mode: 'imported', identity, context });
        const decoded = decodeImportedIdentity(encodeImportedIdentity(psk, kdf));
        assert.ok(decoded !== undefined);
        assert.equal(toHex(decoded.externalIdentity), toHex(identity));
        assert.equal(toHex(decoded.context), toHex(context));
        assert.equal(decoded.targetProtocol, 0x0304);
        assert.equal(decoded.targetKdf, KDF_CODES[kdf]);
      },
    ),
  );
});

test('any octets decode to an ImportedIdentity or to undefined', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const decoded = decodeImportedIdentity(bytes);
      assert.ok(decoded === undefined || decoded.externalIdentity.length > 0);
    }),
  );
});

test('an identity names a PSK only octet by octet', () => {
  const raw = testPsk();
  const imported = testPsk({ mode: 'imported', context: utf8('upf-1') });
  assert.equal(namedHash(raw, utf8('ue-1')), 'sha256');
  assert.equal(namedHash(raw, utf8('UE-1')), undefined);
  assert.equal(namedHash(imported, utf8('ue-1')), undefined, 'not by its external identity');
  const otherContext = testPsk({ mode: 'imported', context: utf8('upf-2') });
  for (const { identity } of pskIdentitiesOnWire(otherContext)) {
    assert.equal(namedHash(imported, identity), undefined);
    assert.equal(namedHash(raw, identity), undefined);
  }
});
