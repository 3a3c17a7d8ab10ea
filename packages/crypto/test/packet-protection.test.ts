import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex, UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import {
  AEAD_KEY_LENGTH,
  type AeadName,
  nodeCryptoProvider as crypto,
  type PacketKeys,
  SEAL_ROW_LENGTH,
} from '../src/index.ts';
import { PacketNonce } from '../src/packet-nonce.ts';

const aeads = Object.keys(AEAD_KEY_LENGTH) as AeadName[];

function randomKeys(aead: AeadName): PacketKeys {
  const random = (length: number): Uint8Array => crypto.random.fill(new Uint8Array(length));
  return {
    aead,
    key: random(AEAD_KEY_LENGTH[aead]),
    iv: random(12),
    headerProtectionKey: random(AEAD_KEY_LENGTH[aead]),
  };
}

const packets = fc.array(
  fc.record(
    {
      longHeader: fc.boolean(),
      connectionId: fc.uint8Array({ maxLength: 20 }),
      packetNumberLength: fc.integer({ min: 1, max: 4 }),
      packetNumber: fc.maxSafeNat(),
      pathId: fc.nat({ max: 0xffffffff }),
      payload: fc.uint8Array({ minLength: 3, maxLength: 80 }),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 6 },
);

for (const aead of aeads) {
  test(`${aead}: a run of packets sealed in one call opens packet by packet`, () => {
    const keys = randomKeys(aead);
    const sealer = crypto.createSealer(keys);
    const opener = crypto.createOpener(keys);
    fc.assert(
      fc.property(packets, (run) => {
        const buffer = new Uint8Array(200 * run.length);
        const table = new Int32Array(SEAL_ROW_LENGTH * run.length);
        const headers = run.map((packet, i) => {
          const offset = 200 * i;
          const headerLength = 1 + packet.connectionId.length + packet.packetNumberLength;
          buffer[offset] = (packet.longHeader ? 0xc0 : 0x40) | (packet.packetNumberLength - 1);
          buffer.set(packet.connectionId, offset + 1);
          buffer.set(packet.payload, offset + headerLength);
          const { packetNumberLength, payload, pathId, packetNumber } = packet;
          const high = Math.floor(packetNumber / 2 ** 32);
          table.set(
            [offset, headerLength, packetNumberLength, payload.length, pathId, packetNumber, high],
            i * SEAL_ROW_LENGTH,
          );
          return buffer.slice(offset, offset + headerLength);
        });
        sealer.seal(buffer, table, run.length);
        run.forEach((packet, i) => {
          const header = headers[i] as Uint8Array;
          const length = header.length + packet.payload.length + 16;
          opener.unmask(buffer, 200 * i, 200 * i + header.length - packet.packetNumberLength);
          const opened = opener.open(
            buffer,
            200 * i,
            header.length,
            length,
            packet.pathId,
            packet.packetNumber,
          );
          assert.equal(opened, packet.payload.length);
          assert.equal(toHex(buffer.subarray(200 * i, 200 * i + header.length)), toHex(header));
          const at = opener.outputOffset;
          assert.equal(toHex(opener.output.subarray(at, at + opened)), toHex(packet.payload));
        });
      }),
      { numRuns: 30 },
    );
  });

  test(`${aead}: a changed octet, path ID or packet number does not authenticate`, () => {
    const keys = randomKeys(aead);
    const sealed = new Uint8Array(60);
    sealed[0] = 0x40;
    const row = Int32Array.of(0, 10, 1, 34, 5, 7, 1, 0);
    crypto.createSealer(keys).seal(sealed, row, 1);
    const opener = crypto.createOpener(keys);
    opener.unmask(sealed, 0, 9);
    const number = 2 ** 32 + 7;
    assert.equal(opener.open(sealed, 0, 10, 60, 5, number), 34);
    assert.equal(opener.open(sealed, 0, 10, 60, 4, number), -1);
    assert.equal(opener.open(sealed, 0, 10, 60, 5, 7), -1);
    assert.equal(opener.output.length, 0, 'nothing unauthenticated is handed out');
    for (let i = 0; i < 60; i++) {
      const changed = sealed.slice();
      changed[i] = (changed[i] as number) ^ 0x10;
      assert.equal(opener.open(changed, 0, 10, 60, 5, number), -1);
    }
    assert.equal(opener.open(sealed, 0, 10, 25, 5, number), -1, 'shorter than a tag');
  });

  test(`${aead}: a plain AEAD opens what it sealed, and nothing else`, () => {
    const { key, iv } = randomKeys(aead);
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.nat(), (plaintext, data, position) => {
        const sealed = crypto.aeadSeal(aead, key, iv, data, plaintext);
        assert.equal(sealed.length, plaintext.length + 16);
        const opened = crypto.aeadOpen(aead, key, iv, data, sealed);
        assert.ok(opened !== undefined);
        assert.equal(toHex(opened), toHex(plaintext));
        const at = position % sealed.length;
        sealed[at] = (sealed[at] as number) ^ 1;
        assert.equal(crypto.aeadOpen(aead, key, iv, data, sealed), undefined);
        assert.equal(crypto.aeadOpen(aead, key, iv, data, sealed.subarray(0, 15)), undefined);
      }),
      { numRuns: 20 },
    );
  });

  test(`${aead}: keys of wrong length are refused`, () => {
    const keys = randomKeys(aead);
    for (const part of ['key', 'iv', 'headerProtectionKey'] as const) {
      const wrong = { ...keys, [part]: keys[part].subarray(1) };
      assert.throws(() => crypto.createSealer(wrong), UsageError);
      assert.throws(() => crypto.createOpener(wrong), UsageError);
    }
  });
}

test('sealer and opener keep copies, so the caller may wipe its keys at once', () => {
  for (const aead of aeads) {
    const keys = randomKeys(aead);
    const copies = { ...keys, key: keys.key.slice(), iv: keys.iv.slice() };
    const sealer = crypto.createSealer(keys);
    const opener = crypto.createOpener({
      ...copies,
      headerProtectionKey: keys.headerProtectionKey.slice(),
    });
    keys.key.fill(0);
    keys.iv.fill(0);
    keys.headerProtectionKey.fill(0);
    const packet = new Uint8Array(40);
    packet[0] = 0x40;
    sealer.seal(packet, Int32Array.of(0, 2, 1, 22, 0, 9, 0, 0), 1);
    opener.unmask(packet, 0, 1);
    assert.equal(opener.open(packet, 0, 2, 40, 0, 9), 22);
    sealer.dispose();
    opener.dispose();
  }
});

test('an opener that was disposed of opens nothing', () => {
  const keys = randomKeys('aes-128-gcm');
  const packet = new Uint8Array(40);
  crypto.createSealer(keys).seal(packet, Int32Array.of(0, 2, 1, 22, 0, 9, 0, 0), 1);
  const opener = crypto.createOpener(keys);
  opener.dispose();
  assert.equal(opener.open(packet, 0, 2, 40, 0, 9), -1);
});

test('MP-21 §2.4: the nonce of path 3, packet number 54321', () => {
  const nonce = new PacketNonce(fromHex('6b26114b9cba2b63a9e8dd4f'));
  assert.equal(toHex(nonce.of(3, 0, 54321)), '6b2611489cba2b63a9e8097e');
});

test('the nonce takes path IDs and packet numbers of full width', () => {
  const nonce = new PacketNonce(new Uint8Array(12));
  assert.equal(toHex(nonce.of(0xffffffff | 0, 0x3fffffff, -1)), 'ffffffff3fffffffffffffff');
  nonce.wipe();
  assert.equal(toHex(nonce.of(0, 0, 0)), '000000000000000000000000');
});
