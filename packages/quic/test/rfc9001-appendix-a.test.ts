import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto, derivePacketKeys } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import { createOpenedPacket, LevelKeys, PROTECTION_SUITES, QUIC_V1 } from '../src/index.ts';
import { nextTrafficSecret, packetKeyDerivation } from '../src/protection/key-derivation.ts';
import { KeyPhases } from '../src/protection/key-phases.ts';
import { patchLength, writeLongHeader, writeShortHeader } from '../src/wire/header-writer.ts';
import { verifyRetry, writeRetry } from '../src/wire/retry.ts';
import { parseFirst, sealOne } from './protection-helpers.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../test/vectors/rfc9001-appendix-a.json', import.meta.url), 'utf8'),
);
const clientId = fromHex(vectors.A1.destination_connection_id);
const serverId = fromHex('f067a5502a4262b5');
const none = new Uint8Array();

test('A.2: the client Initial is built octet for octet, and opened by the server', () => {
  const keys = LevelKeys.initial(crypto, QUIC_V1, 'client', clientId);
  const packet = new Uint8Array(1200);
  const headerEnd = writeLongHeader(packet, 0, QUIC_V1, 'initial', clientId, none, none, 2, 4);
  patchLength(packet, headerEnd, 4, 1162 + 16);
  assert.equal(toHex(packet.subarray(0, headerEnd)), vectors.A2.header);
  packet.set(fromHex(vectors.A2.crypto_frame), headerEnd);
  assert.ok(keys.sealer);
  sealOne(keys.sealer, packet, headerEnd, 4, 0, 2);
  assert.equal(toHex(packet), vectors.A2.packet);

  const opened = createOpenedPacket();
  const server = LevelKeys.initial(crypto, QUIC_V1, 'server', clientId);
  assert.ok(server.open(parseFirst(packet), -1, opened));
  assert.equal(opened.packetNumber, 2);
  const plaintext = opened.buffer.subarray(opened.payloadStart, opened.payloadEnd);
  assert.equal(toHex(plaintext), vectors.A2.crypto_frame.padEnd(2 * 1162, '0'));
});

test('A.3: the server Initial is built octet for octet, and opened by the client', () => {
  const keys = LevelKeys.initial(crypto, QUIC_V1, 'server', clientId);
  const payload = fromHex(vectors.A3.payload);
  const packet = new Uint8Array(vectors.A3.packet.length / 2);
  const headerEnd = writeLongHeader(packet, 0, QUIC_V1, 'initial', none, serverId, none, 1, 2);
  patchLength(packet, headerEnd, 2, payload.length + 16);
  assert.equal(toHex(packet.subarray(0, headerEnd)), vectors.A3.header);
  packet.set(payload, headerEnd);
  assert.ok(keys.sealer);
  sealOne(keys.sealer, packet, headerEnd, 2, 0, 1);
  assert.equal(toHex(packet), vectors.A3.packet);

  const opened = createOpenedPacket();
  const client = LevelKeys.initial(crypto, QUIC_V1, 'client', clientId);
  assert.ok(client.open(parseFirst(packet), -1, opened));
  assert.equal(opened.packetNumber, 1);
});

test('A.4: the Retry packet and its integrity tag', () => {
  const retry = new Uint8Array(vectors.A4.retry.length / 2);
  const token = new TextEncoder().encode('token');
  const end = writeRetry(crypto, retry, 0, QUIC_V1, none, serverId, clientId, token);
  assert.equal(end, retry.length);
  retry[0] = 0xff; // The vector sets the four unused bits.
  const expected = fromHex(vectors.A4.retry);
  assert.ok(verifyRetry(crypto, parseFirst(expected), QUIC_V1, clientId));
  assert.equal(toHex(retry.subarray(0, -16)), vectors.A4.retry.slice(0, -32));
  const forged = expected.slice();
  forged[20] = (forged[20] as number) ^ 1;
  assert.ok(!verifyRetry(crypto, parseFirst(forged), QUIC_V1, clientId));
  assert.ok(!verifyRetry(crypto, parseFirst(expected), QUIC_V1, serverId));
});

test('A.5: the ChaCha20-Poly1305 short header packet, and its key update secret', () => {
  const suite = PROTECTION_SUITES.TLS_CHACHA20_POLY1305_SHA256;
  const secret = fromHex(vectors.A5.secret);
  const keys = derivePacketKeys(crypto, packetKeyDerivation(QUIC_V1, suite), secret);
  assert.equal(toHex(keys.key), vectors.A5.key);
  assert.equal(toHex(keys.iv), vectors.A5.iv);
  assert.equal(toHex(keys.headerProtectionKey), vectors.A5.hp);
  assert.equal(toHex(nextTrafficSecret(crypto, QUIC_V1, suite, secret)), vectors.A5.ku);

  const parameters = { crypto, version: QUIC_V1, suite, largestPto: () => 0 };
  const sender = new KeyPhases(parameters);
  sender.installWrite(secret.slice());
  const packet = new Uint8Array(vectors.A5.packet.length / 2);
  const number: number = vectors.A5.packet_number;
  const headerEnd = writeShortHeader(packet, 0, none, 0, number, 3);
  assert.equal(toHex(packet.subarray(0, headerEnd)), vectors.A5.header);
  packet[headerEnd] = 1;
  assert.ok(sender.sealer);
  sealOne(sender.sealer, packet, headerEnd, 3, 0, number);
  assert.equal(toHex(packet), vectors.A5.packet);

  const receiver = new KeyPhases(parameters);
  receiver.installRead(secret.slice());
  const opened = createOpenedPacket();
  assert.ok(receiver.open(parseFirst(packet, 0), 0, number - 1, 0, opened));
  assert.equal(opened.packetNumber, number);
  assert.deepEqual([...opened.buffer.subarray(opened.payloadStart, opened.payloadEnd)], [1]);
});
