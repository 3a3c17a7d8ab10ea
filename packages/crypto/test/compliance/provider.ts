import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex, UsageError, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import {
  type CryptoProvider,
  EMPTY_HASH,
  type GroupName,
  HASH_LENGTH,
  type HashName,
  hkdfExpand,
  hkdfExpandLabel,
  hkdfExtract,
  InvalidKeyShare,
  KEY_SCHEDULE_STEPS,
  type KeyScheduleStep,
} from '../../src/index.ts';

const groups: readonly GroupName[] = ['x25519', 'secp256r1', 'secp384r1'];
const SHARE_LENGTH = { x25519: 32, secp256r1: 65, secp384r1: 97 };
const SECRET_LENGTH = { x25519: 32, secp256r1: 32, secp384r1: 48 };

/**
 * What every provider must do.
 * @param peers to agree with on keys, and on the expansion of secrets
 */
export function providerCompliance(crypto: CryptoProvider, peers: readonly CryptoProvider[]): void {
  hashCompliance(crypto);
  keyShareCompliance(crypto, peers);
  expansionCompliance(crypto, peers);
  keyScheduleCompliance(crypto);
}

/** Each step against HKDF over an HMAC of two plain hashes. */
function keyScheduleCompliance(crypto: CryptoProvider): void {
  test(`${crypto.name}: the steps of the key schedule are those of RFC 9846 §7.1`, () => {
    for (const [hash, length] of Object.entries(HASH_LENGTH) as [HashName, number][]) {
      const random = (octets: number): Uint8Array => crypto.random.fill(new Uint8Array(octets));
      assert.equal(toHex(EMPTY_HASH[hash]), toHex(crypto.hash(hash, new Uint8Array(0))));
      for (const [name, { first, labels }] of Object.entries(KEY_SCHEDULE_STEPS)) {
        const before = first ? new Uint8Array(length) : random(length);
        const input = random(name === 'externalPsk' ? 5000 : length);
        const context = random(length);
        const salt = first
          ? before
          : hkdfExpandLabel(crypto, hash, before, 'derived', EMPTY_HASH[hash], length);
        const next = hkdfExtract(crypto, hash, salt, input);
        const due = labels.map((label) =>
          toHex(hkdfExpandLabel(crypto, hash, next, label, context, length)),
        );
        const secret = before.slice();
        const step = name as KeyScheduleStep;
        const derived = crypto.advanceKeySchedule(hash, step, secret, input, context);
        assert.equal(toHex(secret), toHex(next), name);
        assert.deepEqual(derived.map(toHex), due, name);
      }
    }
  });

  test(`${crypto.name}: the MAC of Finished is that of RFC 9846 §4.5.3`, () => {
    for (const [hash, length] of Object.entries(HASH_LENGTH) as [HashName, number][]) {
      const baseKey = crypto.random.fill(new Uint8Array(length));
      const messages = crypto.random.fill(new Uint8Array(length));
      const key = hkdfExpandLabel(crypto, hash, baseKey, 'finished', new Uint8Array(0), length);
      const due = crypto.hmac(hash, key, messages);
      assert.equal(toHex(crypto.finishedMac(hash, baseKey, messages)), toHex(due));
    }
  });

  test(`${crypto.name}: random octets are handed out once`, () => {
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      seen.add(toHex(crypto.random.fill(new Uint8Array(8 + (i % 60))).subarray(0, 8)));
    }
    assert.equal(seen.size, 2000);
  });
}

function hashCompliance(crypto: CryptoProvider): void {
  test(`${crypto.name}: SHA-2 of FIPS 180-4's example`, () => {
    assert.equal(
      toHex(crypto.hash('sha256', utf8('abc'))),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    assert.equal(
      toHex(crypto.hash('sha384', utf8('abc'))),
      'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed' +
        '8086072ba1e7cc2358baeca134c825a7',
    );
  });

  test(`${crypto.name}: HMAC of RFC 4231 §4.3`, () => {
    const data = utf8('what do ya want for nothing?');
    assert.equal(
      toHex(crypto.hmac('sha256', utf8('Jefe'), data)),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    assert.equal(
      toHex(crypto.hmac('sha384', utf8('Jefe'), data)),
      'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e' +
        '8e2240ca5e69e2c78b3239ecfab21649',
    );
  });

  test(`${crypto.name}: HKDF of RFC 5869 A.1`, () => {
    const prk = hkdfExtract(
      crypto,
      'sha256',
      fromHex('000102030405060708090a0b0c'),
      new Uint8Array(22).fill(0x0b),
    );
    assert.equal(toHex(prk), '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    const info = fromHex('f0f1f2f3f4f5f6f7f8f9');
    assert.equal(
      toHex(hkdfExpand(crypto, 'sha256', prk, info, 42)),
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
    assert.throws(() => hkdfExpand(crypto, 'sha256', prk, info, 255 * 32 + 1), UsageError);
  });

  test(`${crypto.name}: a running hash equals the hash of all parts, at any point`, () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (parts) => {
        for (const hash of ['sha256', 'sha384'] as const) {
          const running = crypto.runningHash(hash);
          for (let i = 0; i < parts.length; i++) {
            running.update(parts[i] as Uint8Array);
            const whole = crypto.hash(hash, concatBytes(...parts.slice(0, i + 1)));
            assert.equal(toHex(running.digest()), toHex(whole));
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test(`${crypto.name}: equal compares content and length`, () => {
    assert.ok(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
    assert.ok(!crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
    assert.ok(!crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (octets, at) => {
        const other = octets.slice();
        assert.ok(crypto.equal(octets, other));
        other[at % other.length] = (other[at % other.length] as number) ^ 1;
        assert.ok(!crypto.equal(octets, other));
      }),
    );
  });

  test(`${crypto.name}: random fills the buffer it is given`, () => {
    const bytes = new Uint8Array(32);
    assert.equal(crypto.random.fill(bytes), bytes);
    assert.ok(bytes.some((octet) => octet !== 0));
  });
}

function keyShareCompliance(crypto: CryptoProvider, peers: readonly CryptoProvider[]): void {
  for (const group of groups) {
    test(`${crypto.name} ${group}: agrees with both implementations`, () => {
      for (const other of [crypto, ...peers]) {
        const ours = crypto.generateKeyShare(group);
        const theirs = other.generateKeyShare(group);
        assert.equal(ours.publicKey.length, SHARE_LENGTH[group]);
        const secret = ours.agree(theirs.publicKey);
        assert.equal(secret.length, SECRET_LENGTH[group]);
        assert.equal(toHex(secret), toHex(theirs.agree(ours.publicKey)));
      }
    });

    test(`${crypto.name} ${group}: a share is used once`, () => {
      const share = crypto.generateKeyShare(group);
      share.agree(crypto.generateKeyShare(group).publicKey);
      assert.throws(() => share.agree(crypto.generateKeyShare(group).publicKey), UsageError);
    });

    test(`${crypto.name} ${group}: any other octets are refused, never another error`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 140 }), (bytes) => {
          try {
            crypto.generateKeyShare(group).agree(bytes);
            assert.equal(bytes.length, SHARE_LENGTH[group]);
          } catch (error) {
            assert.ok(error instanceof InvalidKeyShare);
          }
        }),
        { numRuns: 25 },
      );
    });
  }

  // The points of order 1, 2, 4 and 8, canonical and not: RFC 7748 §7 leads to an all-zero secret.
  for (const point of [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ]) {
    test(`${crypto.name} x25519: refuses the low-order share ${point.slice(0, 8)}...`, () => {
      assert.throws(() => crypto.generateKeyShare('x25519').agree(fromHex(point)), InvalidKeyShare);
    });
  }

  for (const group of ['secp256r1', 'secp384r1'] as const) {
    const length = (SHARE_LENGTH[group] - 1) / 2;
    const valid = (): Uint8Array => crypto.generateKeyShare(group).publicKey.slice();
    const offCurve = valid();
    offCurve[2 * length] = (offCurve[2 * length] as number) ^ 1;
    const compressed = valid().slice(0, length + 1);
    compressed[0] = 2;
    const hybrid = valid();
    hybrid[0] = 6 + ((hybrid[2 * length] as number) & 1);
    for (const [name, share] of [
      ['off the curve', offCurve],
      ['compressed', compressed],
      ['in hybrid form', hybrid],
      ['at infinity', Uint8Array.of(0)],
      ['zero', Uint8Array.of(4, ...new Uint8Array(2 * length))],
      ['empty', new Uint8Array(0)],
    ] as const) {
      test(`${crypto.name} ${group}: refuses a share ${name}`, () => {
        assert.throws(() => crypto.generateKeyShare(group).agree(share), InvalidKeyShare);
      });
    }
  }
}

function expansionCompliance(crypto: CryptoProvider, peers: readonly CryptoProvider[]): void {
  test(`${crypto.name}: labels expand as with others, at every length`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom('sha256', 'sha384'),
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 }),
        fc.uint8Array({ maxLength: 255 }),
        fc.integer({ min: 1, max: 300 }),
        (hash, secret, label, context, length) => {
          const expanded = [crypto, ...peers].map((provider) =>
            toHex(hkdfExpandLabel(provider, hash, secret, label, context, length)),
          );
          assert.equal(new Set(expanded).size, 1);
          assert.equal((expanded[0] as string).length, 2 * length);
        },
      ),
      { numRuns: 50 },
    );
  });
}
