import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nobleCryptoProvider, nodeCryptoProvider } from '@mpquic/crypto';
import { type Direction, nea2, nia2 } from '@mpquic/nas';
import { fromHex, toHex } from '@mpquic/wire';

interface VectorSet {
  readonly IK?: string;
  readonly CK?: string;
  readonly COUNT: string;
  readonly BEARER: string;
  readonly DIRECTION: Direction;
  readonly message: string;
  readonly MAC: string;
  readonly plaintext: string;
  readonly ciphertext: string;
}

const { sets } = JSON.parse(
  readFileSync(new URL('../../test/vectors/ts33401-annex-c.json', import.meta.url), 'utf8'),
) as { readonly sets: readonly VectorSet[] };

function input(vector: VectorSet): { count: number; bearer: number; direction: Direction } {
  return {
    count: Number.parseInt(vector.COUNT, 16),
    bearer: Number.parseInt(vector.BEARER, 16),
    direction: vector.DIRECTION,
  };
}

for (const provider of [nodeCryptoProvider, nobleCryptoProvider]) {
  test(`128-NIA2 and 128-NEA2 test sets with the ${provider.name} provider`, () => {
    let checked = 0;
    for (const vector of sets) {
      if (vector.IK !== undefined) {
        const mac = nia2(provider, fromHex(vector.IK), input(vector), fromHex(vector.message));
        assert.equal(toHex(mac), vector.MAC);
        checked += 1;
      }
      if (vector.CK !== undefined) {
        const key = fromHex(vector.CK);
        const sealed = nea2(provider, key, input(vector), fromHex(vector.plaintext));
        assert.equal(toHex(sealed), vector.ciphertext);
        checked += 1;
      }
    }
    assert.equal(checked, 2);
  });
}
