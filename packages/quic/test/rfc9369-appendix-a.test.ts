import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto, derivePacketKeys } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import {
  createOpenedPacket,
  INITIAL_SUITE,
  KeyPhases,
  LevelKeys,
  PROTECTION_SUITES,
  QUIC_V2,
} from '../src/index.ts';
import {
  deriveInitialSecrets,
  nextTrafficSecret,
  packetKeyDerivation,
} from '../src/protection/key-derivation.ts';
import { patchLength, writeLongHeader, writeShortHeader } from '../src/wire/header-writer.ts';
import { verifyRetry } from '../src/wire/retry.ts';
import { parseFirst, sealOne } from './protection-helpers.ts';

const original = fromHex('8394c8f03e515708');
const serverId = fromHex('f067a5502a4262b5');
const none = new Uint8Array();
/** The frames of A.2 are those of RFC 9001 A.2. */
const version1 = JSON.parse(
  readFileSync(new URL('../../test/vectors/rfc9001-appendix-a.json', import.meta.url), 'utf8'),
);

test('A.1: the Initial keys of version 2', () => {
  const { client, server } = deriveInitialSecrets(crypto, QUIC_V2, original);
  const keysOf = (secret: Uint8Array) => {
    const keys = derivePacketKeys(crypto, packetKeyDerivation(QUIC_V2, INITIAL_SUITE), secret);
    return [keys.key, keys.iv, keys.headerProtectionKey].map(toHex);
  };
  assert.deepEqual(keysOf(client), [
    '8b1a0bc121284290a29e0971b5cd045d',
    '91f73e2351d8fa91660e909f',
    '45b95e15235d6f45a6b19cbcb0294ba9',
  ]);
  assert.deepEqual(keysOf(server), [
    '82db637861d55e1d011f19ea71d5d2a7',
    'dd13c276499c0249d3310652',
    'edf6d05c83121201b436e16877593c3a',
  ]);
});

test('A.2: the client Initial of version 2', () => {
  const keys = LevelKeys.initial(crypto, QUIC_V2, 'client', original);
  const packet = new Uint8Array(1200);
  const headerEnd = writeLongHeader(packet, 0, QUIC_V2, 'initial', original, none, none, 2, 4);
  patchLength(packet, headerEnd, 4, 1162 + 16);
  assert.equal(
    toHex(packet.subarray(0, headerEnd)),
    'd36b3343cf088394c8f03e5157080000449e00000002',
  );
  packet.set(fromHex(version1.A2.crypto_frame), headerEnd);
  assert.ok(keys.sealer);
  sealOne(keys.sealer, packet, headerEnd, 4, 0, 2);
  assert.equal(
    toHex(packet.subarray(0, 64)),
    'd76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e75d6c96058bdbfb127cdfcbf903388e99ad04',
  );
  assert.equal(toHex(packet.subarray(-16)), 'a18b2faa745b6fe189cf772a9f84cbfc', 'the tag over all');
});

test('A.3: the server Initial of version 2', () => {
  const payload = fromHex(
    '02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304',
  );
  const keys = LevelKeys.initial(crypto, QUIC_V2, 'server', original);
  const packet = new Uint8Array(20 + payload.length + 16);
  const headerEnd = writeLongHeader(packet, 0, QUIC_V2, 'initial', none, serverId, none, 1, 2);
  patchLength(packet, headerEnd, 2, payload.length + 16);
  assert.equal(toHex(packet.subarray(0, headerEnd)), 'd16b3343cf0008f067a5502a4262b50040750001');
  packet.set(payload, headerEnd);
  assert.ok(keys.sealer);
  sealOne(keys.sealer, packet, headerEnd, 2, 0, 1);
  assert.equal(
    toHex(packet),
    'dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140',
  );
  const opened = createOpenedPacket();
  const client = LevelKeys.initial(crypto, QUIC_V2, 'client', original);
  assert.ok(client.open(parseFirst(packet), -1, opened));
  assert.equal(opened.packetNumber, 1);
});

test('A.4: the Retry packet of version 2', () => {
  const retry = fromHex('cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6');
  const header = parseFirst(retry);
  assert.equal(header.type, 'retry');
  assert.ok(verifyRetry(crypto, header, QUIC_V2, original));
});

test('A.5: the ChaCha20-Poly1305 short header packet of version 2, and its key update secret', () => {
  const suite = PROTECTION_SUITES.TLS_CHACHA20_POLY1305_SHA256;
  const secret = fromHex('9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b');
  const keys = derivePacketKeys(crypto, packetKeyDerivation(QUIC_V2, suite), secret);
  assert.deepEqual([keys.key, keys.iv, keys.headerProtectionKey].map(toHex), [
    '3bfcddd72bcf02541d7fa0dd1f5f9eeea817e09a6963a0e6c7df0f9a1bab90f2',
    'a6b5bc6ab7dafce30ffff5dd',
    'd659760d2ba434a226fd37b35c69e2da8211d10c4f12538787d65645d5d1b8e2',
  ]);
  assert.equal(
    toHex(nextTrafficSecret(crypto, QUIC_V2, suite, secret)),
    'c69374c49e3d2a9466fa689e49d476db5d0dfbc87d32ceeaa6343fd0ae4c7d88',
  );
  const sender = new KeyPhases({ crypto, version: QUIC_V2, suite, largestPto: () => 0 });
  sender.installWrite(secret.slice());
  const packet = new Uint8Array(21);
  const headerEnd = writeShortHeader(packet, 0, none, 0, 654_360_564, 3);
  packet[headerEnd] = 1;
  assert.ok(sender.sealer);
  sealOne(sender.sealer, packet, headerEnd, 3, 0, 654_360_564);
  assert.equal(toHex(packet), '5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba');
});
