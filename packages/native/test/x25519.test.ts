/** X25519 of the addon's own, against RFC 7748 and node:crypto. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { test } from 'node:test';
import { InvalidKeyShare, nodeCryptoProvider } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import fc from 'fast-check';
import { addon } from '../src/addon.ts';
import { nativeCryptoProvider, nativeStatus } from '../src/index.ts';

const LENGTH = 32;
/** Octets in front of a raw key in its PKCS #8 or SubjectPublicKeyInfo form. RFC 8410 §7, §4 */
const PRIVATE_PREFIX = fromHex('302e020100300506032b656e04220420');
const PUBLIC_PREFIX = fromHex('302a300506032b656e032100');
const SCRATCH = new Uint8Array(4096);

const crypto = nativeCryptoProvider();
const skipNative = crypto === undefined ? nativeStatus.reason : false;
const skip = skipNative || (nativeStatus.x25519 === 'addon' ? false : 'X25519 is OpenSSL here');

function x25519(privateKey: Uint8Array, point: Uint8Array): Uint8Array {
  SCRATCH.set(privateKey);
  SCRATCH.set(point, LENGTH);
  addon?.x25519(SCRATCH);
  return SCRATCH.slice(0, LENGTH);
}

function byNode(privateKey: Uint8Array, point: Uint8Array): Uint8Array {
  const der = { format: 'der', type: 'pkcs8' } as const;
  return diffieHellman({
    privateKey: createPrivateKey({ ...der, key: Buffer.concat([PRIVATE_PREFIX, privateKey]) }),
    publicKey: createPublicKey({
      key: Buffer.concat([PUBLIC_PREFIX, point]),
      format: 'der',
      type: 'spki',
    }),
  });
}

test('X25519: test vectors of RFC 7748 §5.2', { skip }, () => {
  const vectors = [
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ] as const;
  for (const [scalar, point, expected] of vectors) {
    assert.equal(toHex(x25519(fromHex(scalar), fromHex(point))), expected);
  }
});

test('X25519: a thousand iterations of RFC 7748 §5.2', { skip }, () => {
  let scalar = new Uint8Array(LENGTH);
  scalar[0] = 9;
  let point = scalar;
  for (let i = 1; i <= 1000; i++) {
    const next = new Uint8Array(x25519(scalar, point));
    point = scalar;
    scalar = next;
    if (i > 1) continue;
    const afterOne = '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079';
    assert.equal(toHex(scalar), afterOne);
  }
  const afterThousand = '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51';
  assert.equal(toHex(scalar), afterThousand);
});

test('X25519: any scalar and point give what node:crypto gives', { skip }, () => {
  const octets = fc.uint8Array({ minLength: LENGTH, maxLength: LENGTH });
  // Limbs at their borders: all ones, all zeros, and numbers from p on, which stand for what is left of them.
  const extreme = fc
    .array(fc.constantFrom(0, 0xff, 0x7f, 0x80, 0xec, 0xed, 1), {
      minLength: LENGTH,
      maxLength: LENGTH,
    })
    .map((values) => Uint8Array.from(values));
  const pattern = fc
    .tuple(fc.constantFrom(0, 0xff), fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x7f, 0xff))
    .map(([filling, first, last]) =>
      new Uint8Array(LENGTH).fill(filling).fill(first, 0, 1).fill(last, 31),
    );
  const any = fc.oneof(octets, extreme, pattern);
  fc.assert(
    fc.property(any, any, (scalar, point) => {
      const secret = x25519(scalar, point);
      if (secret.every((octet) => octet === 0)) {
        assert.throws(() => byNode(scalar, point), 'of low order');
      } else {
        assert.equal(toHex(secret), toHex(byNode(scalar, point)));
      }
    }),
    { numRuns: 300 },
  );
});

test('X25519: every key pair of some batches agrees with one of node:crypto', { skip }, () => {
  const seen = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const own = crypto?.generateKeyShare('x25519');
    const peer = nodeCryptoProvider.generateKeyShare('x25519');
    assert.ok(own !== undefined && !seen.has(toHex(own.publicKey)));
    seen.add(toHex(own.publicKey));
    assert.deepEqual(own.agree(peer.publicKey), new Uint8Array(peer.agree(own.publicKey)));
  }
});

test('X25519: points of low order are no key shares', { skip: skipNative }, () => {
  const points = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ];
  for (const point of points) {
    const share = crypto?.generateKeyShare('x25519');
    assert.throws(() => share?.agree(fromHex(point)), InvalidKeyShare, point);
  }
});

test('MPQUIC_NATIVE_X25519=openssl leaves X25519 to OpenSSL', { skip: skipNative }, () => {
  const index = new URL('../src/index.js', import.meta.url).href;
  const program = `
    import { nativeCryptoProvider, nativeStatus } from ${JSON.stringify(index)};
    const provider = nativeCryptoProvider();
    const [one, other] = [provider.generateKeyShare('x25519'), provider.generateKeyShare('x25519')];
    const same = Buffer.compare(one.agree(other.publicKey), other.agree(one.publicKey)) === 0;
    console.log(nativeStatus.x25519, same);`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, MPQUIC_NATIVE_X25519: 'openssl' },
    encoding: 'utf8',
  });
  assert.equal(output.trim(), 'OpenSSL true');
});
