import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { fromHex, toHex, UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import {
  applyScheme,
  concealSupi,
  deriveEciesKeys,
  type EciesProfile,
  eciesPublicKey,
  formatSuci,
  msinFromBcd,
  msinToBcd,
  NULL_SCHEME_PROFILE,
  openEcies,
  ProtectionScheme,
  parseSuci,
  revealSupi,
  sealEcies,
} from '../src/index.ts';
import { hex, vectors } from './vectors.ts';

const crypto = nodeCryptoProvider;
const sets = vectors.suci_ecies_TS33501_C4.sets;

for (const set of sets.filter(({ schemeId }) => schemeId !== '0x0')) {
  test(`TS 33.501 C.4: ${set.id}`, () => {
    const profile = Number(set.schemeId) as EciesProfile;
    const key = (name: string): Uint8Array => hex(set.keys?.[name] ?? assert.fail(name));
    const compressed = profile === ProtectionScheme.profileB ? 'Compressed' : '';
    const publicKey = key(`homeNetworkPublicKey${compressed}`);
    const ephemeral = key(`ephPublicKey${compressed}`);
    assert.deepEqual(eciesPublicKey(profile, key('homeNetworkPrivateKey')), publicKey);
    assert.deepEqual(eciesPublicKey(profile, key('ephPrivateKey')), ephemeral);

    const keys = deriveEciesKeys(crypto, key('ephSharedKey'), ephemeral);
    assert.deepEqual(keys.encryption, key('ephEncKey'));
    assert.deepEqual(keys.mac, key('ephMacKey'));
    if (set.keys?.['icb'] !== undefined) assert.deepEqual(keys.counter, key('icb'));

    const input = hex(set.schemeInput);
    const sealed = sealEcies(crypto, profile, publicKey, key('ephPrivateKey'), input);
    const expected = set.schemeOutput
      .replace('ecckey', '')
      .replace('.cip', '')
      .replace('.mac', '')
      .toLowerCase();
    assert.equal(toHex(sealed), expected);
    assert.deepEqual(openEcies(crypto, profile, key('homeNetworkPrivateKey'), sealed), input);
  });
}

test('TS 33.501 C.4: null scheme', () => {
  const [imsi, nai] = sets.filter(({ schemeId }) => schemeId === '0x0');
  assert.ok(imsi !== undefined && nai !== undefined);
  const plmn = { mcc: '274', mnc: '012' };
  const none = new Uint8Array();
  const suci = concealSupi(crypto, '274012001002086', plmn, NULL_SCHEME_PROFILE, none);
  assert.equal(toHex(suci.schemeOutput), imsi.schemeOutput.toLowerCase());
  assert.equal(revealSupi(crypto, suci, none), '274012001002086');
  assert.equal(formatSuci(suci), 'suci-0-274-012-0-0-0-001002086');
  const userName = hex(nai.schemeInput);
  const output = applyScheme(crypto, ProtectionScheme.nullScheme, none, none, userName);
  assert.equal(`userid${new TextDecoder().decode(output)}`, nai.schemeOutput);
});

const privateKey = fromHex('c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d');

for (const scheme of [ProtectionScheme.profileA, ProtectionScheme.profileB]) {
  test(`scheme ${scheme}: conceal and reveal any MSIN; nobody else can`, () => {
    const profile = {
      routingIndicator: '12',
      scheme,
      homeNetworkPublicKeyId: 27,
      homeNetworkPublicKey: eciesPublicKey(scheme, privateKey),
    };
    const other = privateKey.map((octet) => octet ^ 2);
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{4,10}$/),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (msin, seed) => {
          seed[0] = 1;
          const imsi = `00101${msin}`;
          const suci = concealSupi(crypto, imsi, { mcc: '001', mnc: '01' }, profile, seed);
          assert.equal(revealSupi(crypto, suci, privateKey), imsi);
          assert.equal(revealSupi(crypto, suci, other), undefined);
          assert.deepEqual(parseSuci(formatSuci(suci)), suci);
        },
      ),
      { numRuns: 4 },
    );
  });

  test(`scheme ${scheme}: any octets reveal nothing and throw nothing`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (output) => {
        assert.equal(openEcies(crypto, scheme, privateKey, output), undefined);
      }),
      { numRuns: 30 },
    );
    const low = new Uint8Array(50);
    assert.equal(openEcies(crypto, scheme, privateKey, low), undefined, 'a point of low order');
  });
}

test('MSIN in BCD', () => {
  assert.equal(toHex(msinToBcd('001002086')), '00012080f6');
  assert.equal(msinFromBcd(fromHex('f0')), '0');
  for (const wrong of ['', '0a', 'ff', '12ff', 'a0']) {
    assert.equal(msinFromBcd(fromHex(wrong)), undefined, wrong);
  }
});

test('an IMSI of another network is not concealed', () => {
  const plmn = { mcc: '001', mnc: '01' };
  for (const imsi of ['002010123456789', '00101', 'abc', '0010112345678901']) {
    assert.throws(
      () => concealSupi(crypto, imsi, plmn, NULL_SCHEME_PROFILE, new Uint8Array()),
      UsageError,
    );
  }
});

test('texts that are no SUCI', () => {
  for (const text of [
    '',
    'suci-0-001-01-0-0-0-',
    'suci-0-001-01-0-0-0-12a',
    'suci-0-001-01-0-1-1-abc',
    'suci-0-001-01-0-3-0-00',
    'suci-1-001-01-0-0-0-1',
    'imsi-001010123456789',
  ]) {
    assert.equal(parseSuci(text), undefined, text);
  }
});
