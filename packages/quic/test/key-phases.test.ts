import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import type { CipherSuiteName } from '@mpquic/tls';
import {
  createOpenedPacket,
  KeyPhases,
  PROTECTION_SUITES,
  type ProtectionSuite,
  QUIC_V1,
  TransportError,
  TransportErrorCode,
  type TransportErrorName,
} from '../src/index.ts';
import { writeShortHeader } from '../src/wire/header-writer.ts';
import { parseFirst, sealOne } from './protection-helpers.ts';

const PTO = 100;
const connectionId = new Uint8Array(8).fill(9);

/** One end of a connection: its keys, and the largest packet number received on each path. */
class End {
  readonly keys: KeyPhases;
  readonly #largest = new Map<number, number>();

  constructor(name: 'client' | 'server', suite: ProtectionSuite, updateAfterPackets?: number) {
    this.keys = new KeyPhases({
      crypto,
      version: QUIC_V1,
      suite,
      largestPto: () => PTO,
      updateAfterPackets,
    });
    const length = suite.hash === 'sha384' ? 48 : 32;
    const [client, server] = [1, 2].map((octet) => new Uint8Array(length).fill(octet));
    this.keys.installWrite((name === 'client' ? client : server) as Uint8Array);
    this.keys.installRead((name === 'client' ? server : client) as Uint8Array);
  }

  send(pathId: number, packetNumber: number): Uint8Array {
    const packet = new Uint8Array(9 + 2 + 8 + 16);
    const { sealer, keyPhase } = this.keys;
    assert.ok(sealer);
    writeShortHeader(packet, 0, connectionId, keyPhase, packetNumber, 2);
    packet.fill(1, 11, 19);
    this.keys.sealed(pathId, packetNumber, 1);
    return sealOne(sealer, packet, 11, 2, pathId, packetNumber);
  }

  receive(packet: Uint8Array, pathId: number, now: number): boolean {
    const opened = createOpenedPacket();
    const largest = this.#largest.get(pathId) ?? -1;
    if (!this.keys.open(parseFirst(packet.slice()), pathId, largest, now, opened)) return false;
    this.#largest.set(pathId, Math.max(largest, opened.packetNumber));
    this.lastOpened = opened;
    return true;
  }

  lastOpened = createOpenedPacket();
}

const AES = PROTECTION_SUITES.TLS_AES_128_GCM_SHA256;

function pair(suite = AES): { client: End; server: End } {
  return { client: new End('client', suite), server: new End('server', suite) };
}

function assertError(name: TransportErrorName, action: () => unknown): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof TransportError, String(error));
    assert.equal(error.code, TransportErrorCode[name]);
    return true;
  });
}

test('packets of several paths share keys but not nonces, in every suite', () => {
  for (const name of Object.keys(PROTECTION_SUITES) as CipherSuiteName[]) {
    const { client, server } = pair(PROTECTION_SUITES[name]);
    for (const pathId of [0, 1, 7]) {
      const packet = client.send(pathId, 3);
      assert.ok(!server.receive(packet, pathId + 1, 0), 'another path has another nonce');
      assert.ok(server.receive(packet, pathId, 0));
      assert.equal(server.lastOpened.packetNumber, 3);
    }
  }
});

test('a key update is followed by the peer, both ways, several times over', () => {
  const { client, server } = pair();
  let now = 0;
  for (let round = 1; round <= 4; round++) {
    const number = round * 10;
    assert.ok(client.keys.mayUpdate(now));
    client.keys.update();
    assert.ok(server.receive(client.send(0, number), 0, now));
    assert.ok(server.lastOpened.keysUpdated);
    assert.equal(server.keys.generation, round);
    assert.equal(server.keys.keyPhase, round & 1);
    assert.ok(client.receive(server.send(0, number), 0, now));
    assert.ok(!client.lastOpened.keysUpdated);
    client.keys.acknowledged(0, number, client.lastOpened.generation, now);
    now += 3 * PTO;
    client.keys.handleTimeout(now);
    server.keys.handleTimeout(now);
  }
});

test('RFC 9001 §6.1, MP-21 §2.5: the next update waits for an acknowledgment and three PTOs', () => {
  const { client, server } = pair();
  client.keys.update();
  assert.ok(!client.keys.mayUpdate(1e9), 'nothing of this phase was acknowledged');
  assert.ok(server.receive(client.send(1, 4), 1, 0));
  assert.ok(client.receive(server.send(1, 0), 1, 0));
  client.keys.acknowledged(1, 3, 1, 50);
  assert.ok(!client.keys.mayUpdate(1e9), 'packet 3 was of the phase before');
  client.keys.acknowledged(1, 4, 1, 50);
  assert.ok(!client.keys.mayUpdate(50 + 3 * PTO - 1));
  assert.ok(client.keys.mayUpdate(50 + 3 * PTO));
});

test('RFC 9001 §6.5: late packets of the previous phase are opened for three PTOs', () => {
  const { client, server } = pair();
  const late = [client.send(0, 1), client.send(0, 2), client.send(1, 1)] as const;
  client.keys.update();
  assert.ok(server.receive(client.send(0, 3), 0, 1000));
  assert.equal(server.keys.nextTimeout(), 1000 + 3 * PTO);
  assert.ok(server.receive(late[0], 0, 1001));
  assert.equal(server.lastOpened.generation, 0);
  assert.ok(server.receive(late[2], 1, 1001), 'a slower path, of which nothing new came yet');
  server.keys.handleTimeout(1000 + 3 * PTO);
  assert.equal(server.keys.nextTimeout(), undefined);
  assert.ok(!server.receive(late[1], 0, 1500), 'its keys are gone');
});

test('RFC 9001 §6.1: the initiator keeps old keys until the peer follows', () => {
  const { client, server } = pair();
  const inFlight = server.send(0, 0);
  client.keys.update();
  assert.equal(client.keys.nextTimeout(), undefined);
  assert.ok(client.receive(inFlight, 0, 1e6), 'the peer has not seen the update');
  assert.ok(server.receive(client.send(0, 0), 0, 0));
  assert.ok(client.receive(server.send(0, 1), 0, 1e6));
  assert.equal(client.keys.nextTimeout(), 1e6 + 3 * PTO);
});

test('RFC 9001 §6.4: old keys on a packet after the update', () => {
  for (const newNumbers of [[10], [10, 20]]) {
    const { client, server } = pair();
    const old = client.send(0, 15);
    client.keys.update();
    for (const number of newNumbers) assert.ok(server.receive(client.send(0, number), 0, 0));
    assertError('KEY_UPDATE_ERROR', () => server.receive(old, 0, 1));
  }
});

test('MP-21 §2.5: packet numbers are compared within one path only', () => {
  const { client, server } = pair();
  const old = client.send(1, 500);
  client.keys.update();
  assert.ok(server.receive(client.send(0, 3), 0, 0));
  assert.ok(server.receive(old, 1, 1));
  assert.equal(server.lastOpened.generation, 0);
});

test('RFC 9001 §6.2: an acknowledgment under older keys than what it acknowledges', () => {
  const { client, server } = pair();
  const withAck = server.send(0, 0);
  client.keys.update();
  client.send(0, 8);
  assert.ok(client.receive(withAck, 0, 0));
  client.keys.acknowledged(0, 7, client.lastOpened.generation, 0);
  assertError('KEY_UPDATE_ERROR', () =>
    client.keys.acknowledged(0, 8, client.lastOpened.generation, 0),
  );
});

test('RFC 9001 §6.2: a second update before anything was sent under the first', () => {
  const { client, server } = pair();
  client.keys.update();
  assert.ok(server.receive(client.send(0, 1), 0, 0));
  client.keys.update();
  const second = client.send(0, 2);
  assertError('KEY_UPDATE_ERROR', () => server.receive(second, 0, 1));
});

test('an early second update, which was acknowledged, is followed while old keys are kept', () => {
  const { client, server } = pair();
  client.keys.update();
  assert.ok(server.receive(client.send(0, 1), 0, 0));
  server.send(0, 0);
  client.keys.update();
  assert.ok(server.receive(client.send(0, 2), 0, 1));
  assert.equal(server.keys.generation, 2);
});

test('RFC 9001 §6.3: forged Key Phase bits change nothing', () => {
  const { client, server } = pair();
  const packet = client.send(0, 1);
  const flipped = packet.slice();
  flipped[0] = (flipped[0] as number) ^ 0x04;
  assert.ok(!server.receive(flipped, 0, 0));
  assert.equal(server.keys.generation, 0);
  assert.ok(server.receive(packet, 0, 0));
});

test('RFC 9000 §17.3.1: reserved bits are an error, once the packet is authentic', () => {
  const { client, server } = pair();
  const packet = new Uint8Array(35);
  writeShortHeader(packet, 0, connectionId, 0, 1, 2);
  packet[0] = (packet[0] as number) | 0x08;
  assert.ok(client.keys.sealer);
  sealOne(client.keys.sealer, packet, 11, 2, 0, 1);
  const forged = packet.slice();
  forged[30] = (forged[30] as number) ^ 1;
  assert.ok(!server.receive(forged, 0, 0));
  assertError('PROTOCOL_VIOLATION', () => server.receive(packet, 0, 0));
});

test('RFC 9001 §6.6: an update is due, and keys run out, after packets of all paths together', () => {
  const suite: ProtectionSuite = { ...AES, confidentialityLimit: 4096 };
  const client = new End('client', suite, 10);
  for (let i = 0; i < 9; i++) client.keys.sealed(i % 3, i, 1);
  assert.ok(!client.keys.isUpdateDue(0));
  client.keys.sealed(2, 100, 1);
  assert.ok(client.keys.isUpdateDue(0));
  client.keys.sealed(0, 200, 3061);
  assert.ok(!client.keys.isExhausted);
  client.keys.sealed(1, 300, 1);
  assert.ok(client.keys.isExhausted);
  client.keys.update();
  assert.ok(!client.keys.isExhausted);
});

test('RFC 9001 §6.6: half of the confidentiality limit is when an update is due at the latest', () => {
  const client = new End('client', { ...AES, confidentialityLimit: 4096 });
  client.keys.sealed(0, 0, 2047);
  assert.ok(!client.keys.isUpdateDue(0));
  client.keys.sealed(0, 2047, 1);
  assert.ok(client.keys.isUpdateDue(0));
});

test('RFC 9001 §6.6: too many packets that fail authentication, over all phases', () => {
  const suite: ProtectionSuite = { ...AES, integrityLimit: 5 };
  const { client, server } = pair(suite);
  const broken = client.send(0, 1);
  broken[30] = (broken[30] as number) ^ 1;
  for (let i = 0; i < 3; i++) assert.ok(!server.receive(broken, 0, 0));
  server.keys.update();
  for (let i = 0; i < 2; i++) assert.ok(!server.receive(broken, 0, 0));
  assertError('AEAD_LIMIT_REACHED', () => server.receive(broken, 0, 0));
});

test('disposed keys open and seal nothing', () => {
  const { client, server } = pair();
  const packet = client.send(0, 1);
  server.keys.dispose();
  assert.ok(!server.receive(packet, 0, 0));
  assert.equal(server.keys.sealer, undefined);
  assert.ok(!server.keys.canOpen);
});
