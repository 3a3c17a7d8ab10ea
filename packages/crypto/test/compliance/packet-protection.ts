import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex, UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import {
  AEAD_KEY_LENGTH,
  type AeadName,
  type CryptoProvider,
  HASH_LENGTH,
  hkdfExpandLabel,
  nodeCryptoProvider,
  type PacketKeys,
  type PacketOpener,
  type PacketSealer,
  SEAL_ROW_LENGTH,
} from '../../src/index.ts';

const aeads = Object.keys(AEAD_KEY_LENGTH) as AeadName[];

function randomKeys(crypto: CryptoProvider, aead: AeadName): PacketKeys {
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

/** What every provider's packet protection must do. RFC 9001 §5 */
export function packetProtectionCompliance(crypto: CryptoProvider): void {
  for (const aead of aeads) {
    runCompliance(crypto, aead);
    authenticationCompliance(crypto, aead);
    plainCompliance(crypto, aead);
    deriveCompliance(crypto, aead);
  }
  lifetimeCompliance(crypto);
}

function runCompliance(crypto: CryptoProvider, aead: AeadName): void {
  test(`${crypto.name} ${aead}: a run of packets sealed in one call opens packet by packet`, () => {
    const keys = randomKeys(crypto, aead);
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
}

function authenticationCompliance(crypto: CryptoProvider, aead: AeadName): void {
  test(`${crypto.name} ${aead}: a changed octet, path ID or packet number does not authenticate`, () => {
    const keys = randomKeys(crypto, aead);
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
}

function plainCompliance(crypto: CryptoProvider, aead: AeadName): void {
  test(`${crypto.name} ${aead}: a plain AEAD opens what it sealed, and nothing else`, () => {
    const { key, iv } = randomKeys(crypto, aead);
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

  test(`${crypto.name} ${aead}: keys of wrong length are refused`, () => {
    const keys = randomKeys(crypto, aead);
    for (const part of ['key', 'iv', 'headerProtectionKey'] as const) {
      const wrong = { ...keys, [part]: keys[part].subarray(1) };
      assert.throws(() => crypto.createSealer(wrong), UsageError);
      assert.throws(() => crypto.createOpener(wrong), UsageError);
    }
  });
}

function lifetimeCompliance(crypto: CryptoProvider): void {
  test(`${crypto.name}: sealer and opener keep copies, so the caller may wipe its keys at once`, () => {
    for (const aead of aeads) {
      const keys = randomKeys(crypto, aead);
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

  test(`${crypto.name}: an opener that was disposed of opens nothing`, () => {
    const keys = randomKeys(crypto, 'aes-128-gcm');
    const packet = new Uint8Array(40);
    crypto.createSealer(keys).seal(packet, Int32Array.of(0, 2, 1, 22, 0, 9, 0, 0), 1);
    const opener = crypto.createOpener(keys);
    opener.dispose();
    assert.equal(opener.open(packet, 0, 2, 40, 0, 9), -1);
  });
}

/** Keys straight from a traffic secret are those of RFC 9001 §5.1, and a key update leaves the mask as it was. */
function deriveCompliance(crypto: CryptoProvider, aead: AeadName): void {
  const deriveSealer = crypto.deriveSealer.bind(crypto);
  const deriveOpener = crypto.deriveOpener.bind(crypto);
  const hash = aead === 'aes-256-gcm' ? 'sha384' : 'sha256';
  const labels = ['quic key', 'quic iv', 'quic hp'] as const;
  const [keyLabel, ivLabel, headerProtectionLabel] = labels;
  const derivation = { aead, hash, keyLabel, ivLabel, headerProtectionLabel } as const;
  const expand = (secret: Uint8Array, label: string, length: number): Uint8Array =>
    hkdfExpandLabel(nodeCryptoProvider, hash, secret, label, new Uint8Array(0), length);
  const keysOf = (secret: Uint8Array): PacketKeys => ({
    aead,
    key: expand(secret, keyLabel, AEAD_KEY_LENGTH[aead]),
    iv: expand(secret, ivLabel, 12),
    headerProtectionKey: expand(secret, headerProtectionLabel, AEAD_KEY_LENGTH[aead]),
  });
  const seal = (sealer: PacketSealer): string => {
    const packet = Uint8Array.from({ length: 60 }, (_, i) => (i === 0 ? 0x41 : i));
    sealer.seal(packet, Int32Array.of(0, 11, 2, 33, 3, 77, 0, 0), 1);
    return toHex(packet);
  };
  const opens = (opener: PacketOpener, packet: string): boolean => {
    const bytes = fromHex(packet);
    opener.unmask(bytes, 0, 9);
    return opener.open(bytes, 0, 11, 60, 3, 77) === 33;
  };
  const first = crypto.random.fill(new Uint8Array(HASH_LENGTH[hash]));
  const second = crypto.random.fill(new Uint8Array(HASH_LENGTH[hash]));

  test(`${crypto.name} ${aead}: keys derived in one step are those of the single steps`, () => {
    const sealer = deriveSealer(derivation, first);
    const expected = seal(nodeCryptoProvider.createSealer(keysOf(first)));
    assert.equal(seal(sealer), expected);
    assert.ok(opens(deriveOpener(derivation, first), expected));
    assert.ok(!opens(deriveOpener(derivation, second), expected));
  });

  test(`${crypto.name} ${aead}: the next phase keeps the header protection`, () => {
    const { headerProtectionKey } = keysOf(first);
    const next: PacketKeys = { ...keysOf(second), headerProtectionKey };
    const expected = seal(nodeCryptoProvider.createSealer(next));
    const oldSealer = deriveSealer(derivation, first);
    const sealer = deriveSealer(derivation, second, oldSealer);
    oldSealer.dispose();
    assert.equal(seal(sealer), expected);
    const oldOpener = deriveOpener(derivation, first);
    const opener = deriveOpener(derivation, second, oldOpener);
    oldOpener.dispose();
    assert.ok(opens(opener, expected));
  });

  test(`${crypto.name} ${aead}: a secret of wrong length is refused`, () => {
    assert.throws(() => deriveSealer(derivation, first.subarray(1)), UsageError);
    assert.throws(() => deriveOpener(derivation, new Uint8Array(64)), UsageError);
  });
}
