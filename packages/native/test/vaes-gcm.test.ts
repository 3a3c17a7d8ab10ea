import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { type AeadName, OTHER_KEY_PHASE, SealColumn } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import { nativeCryptoProvider, nativeStatus } from '../src/index.ts';

const crypto = nativeCryptoProvider();
const skip = crypto === undefined ? nativeStatus.reason : false;
const HEADER = 20;
const TAG = 16;

interface Keys {
  readonly aead: AeadName;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly headerProtectionKey: Uint8Array;
}

/** The same octets in every run, different for every seed. */
function octets(length: number, seed: number): Uint8Array {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}

/** A short packet with the header of 20 octets that `header` holds; the packet number takes the last 4. */
function seal(keys: Keys, header: Uint8Array, plaintext: Uint8Array, number = 0): Uint8Array {
  const packet = new Uint8Array(HEADER + plaintext.length + TAG);
  packet.set(header);
  packet.set(plaintext, HEADER);
  const table = new Int32Array(8);
  table[SealColumn.headerLength] = HEADER;
  table[SealColumn.packetNumberLength] = 4;
  table[SealColumn.payloadLength] = plaintext.length;
  table[SealColumn.packetNumberLow] = number;
  crypto?.createSealer(keys).seal(packet, table, 1);
  return packet;
}

test('test cases 4 and 16 of the GCM specification', { skip }, () => {
  const key = 'feffe9928665731c6d6a8f9467308308';
  const plaintext = fromHex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  );
  const header = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
  const iv = fromHex('cafebabefacedbaddecaf888');
  const sealed = (aead: AeadName, hex: string): string => {
    const keys = { aead, key: fromHex(hex), iv, headerProtectionKey: fromHex(hex) };
    return toHex(seal(keys, header, plaintext).subarray(HEADER));
  };
  assert.equal(
    sealed('aes-128-gcm', key),
    '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47',
  );
  assert.equal(
    sealed('aes-256-gcm', key + key),
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  );
});

for (const [aead, keyLength, mask] of [
  ['aes-128-gcm', 16, 'aes-128-ecb'],
  ['aes-256-gcm', 32, 'aes-256-ecb'],
] as const) {
  test(`${aead}: packets of every length are those of node:crypto`, { skip }, () => {
    for (let length = 0; length <= 1500; length++) {
      const key = octets(keyLength, length);
      const iv = octets(12, length + 1);
      const headerProtectionKey = octets(keyLength, length + 2);
      const header = octets(HEADER, length + 3);
      const plaintext = octets(length, length + 4);
      const cipher = createCipheriv(aead, key, iv).setAAD(header);
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      const expected = Buffer.concat([header, ciphertext, cipher.getAuthTag()]);
      const masks = createCipheriv(mask, headerProtectionKey, null).update(
        expected.subarray(HEADER, HEADER + 16),
      );
      const bits = (header[0] as number) & 0x80 ? 0x0f : 0x1f;
      expected[0] = (expected[0] as number) ^ ((masks[0] as number) & bits);
      for (let i = 0; i < 4; i++) {
        const at = HEADER - 4 + i;
        expected[at] = (expected[at] as number) ^ (masks[1 + i] as number);
      }
      const packet = seal({ aead, key, iv, headerProtectionKey }, header, plaintext);
      assert.deepEqual(Buffer.from(packet), expected, `${length} octets`);
    }
  });

  test(`${aead}: a packet opens again, and not with any one octet changed`, { skip }, () => {
    for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 191, 192, 193, 255, 256, 257, 600]) {
      const keys = {
        aead,
        key: octets(keyLength, length),
        iv: octets(12, length),
        headerProtectionKey: octets(keyLength, length + 1),
      };
      const header = new Uint8Array(HEADER);
      header.set([0x43]);
      header.set([0, 0, 3, 7], HEADER - 4);
      const plaintext = octets(length, length + 2);
      const packet = seal(keys, header, plaintext, 0x307);
      const opener = crypto?.createOpener(keys);
      const open = (candidate: Uint8Array): number | undefined =>
        opener?.openShort?.(candidate, 0, HEADER - 4, candidate.length, 0, 0x306, 0);
      const intact = packet.slice();
      assert.equal(open(intact), length);
      assert.deepEqual(intact.subarray(HEADER, HEADER + length), plaintext);
      for (let at = 0; at < packet.length; at++) {
        const changed = packet.slice();
        changed[at] = (changed[at] as number) ^ (1 << (at % 8));
        const result = open(changed);
        assert.ok(result === -1 || result === OTHER_KEY_PHASE, `octet ${at} of ${length}`);
      }
    }
  });
}

test('MPQUIC_NATIVE_GCM=openssl leaves AES-GCM to OpenSSL', { skip }, () => {
  const index = new URL('../src/index.js', import.meta.url).href;
  const program = `import { nativeStatus } from ${JSON.stringify(index)}; console.log(nativeStatus.gcm);`;
  const gcm = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, MPQUIC_NATIVE_GCM: 'openssl' },
    encoding: 'utf8',
  });
  assert.equal(gcm.trim(), 'OpenSSL');
});
