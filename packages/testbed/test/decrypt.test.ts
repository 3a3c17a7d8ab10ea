import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CaptureError,
  encodeUdpPacket,
  LinkType,
  PcapngWriter,
  readCapture,
} from '@mpquic/capture';
import {
  insecureVerifier,
  loadServerCertificate,
  nodeCryptoProvider,
  SEAL_ROW_LENGTH,
  SealColumn,
} from '@mpquic/crypto';
import { LevelKeys, patchLength, QUIC_V1, writeLongHeader, writeRetry } from '@mpquic/quic';
import { type CipherSuiteName, SealingKeys, UsedTickets } from '@mpquic/tls';
import { type Address, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { type DecryptedPacket, decryptCapture } from '../src/decrypt/capture-decryption.ts';
import { KeyLog } from '../src/decrypt/key-log.ts';
import { recordTraffic, SECOND_SERVER } from './recorded-traffic.ts';

const mpq = fileURLToPath(new URL('../../bin/mpq.mjs', import.meta.url));
const vector = (name: string) =>
  fileURLToPath(new URL(`../../../quic/test/vectors/picoquic/${name}`, import.meta.url));

const pems = JSON.parse(
  readFileSync(new URL('../../../quic/test/vectors/certificates.json', import.meta.url), 'utf8'),
) as Record<'leaf-p256' | 'intermediate', { readonly certificate: string; readonly key: string }>;
const certificate = loadServerCertificate(
  pems['leaf-p256'].certificate + pems.intermediate.certificate,
  pems['leaf-p256'].key,
);

function keyLogOf(...texts: readonly string[]): KeyLog {
  const keyLog = new KeyLog();
  for (const text of texts) keyLog.add(text);
  return keyLog;
}

function decrypt(file: Uint8Array, ...keyLogs: readonly string[]): readonly DecryptedPacket[] {
  const capture = readCapture(file);
  assert.equal(capture.problem, undefined);
  const keyLog = keyLogOf(...capture.keyLogs, ...keyLogs);
  const { packets, unknownDatagrams } = decryptCapture(capture, keyLog, nodeCryptoProvider);
  assert.equal(unknownDatagrams, 0);
  assert.equal(new Set(packets.map(({ number }) => number)).size, capture.packets.length);
  return packets;
}

function assertAllOpen(packets: readonly DecryptedPacket[]): void {
  for (const packet of packets) {
    assert.ok(packet.frames, `packet ${packet.number} is not decrypted`);
    assert.ok(packet.frames.every((frame) => frame.type !== 'malformed'));
  }
  assert.deepEqual([...new Set(packets.map(({ path }) => path))], [0, 1]);
}

test('picoquic captures: every packet is decrypted on both paths', () => {
  for (const [name, packets, byPath] of [
    ['psk-transfer', 111, [57, 54]],
    ['path-status-abandon', 197, [115, 82]],
  ] as const) {
    const keyLog = readFileSync(vector(`${name}.keys`), 'utf8');
    const decrypted = decrypt(readFileSync(vector(`${name}.pcap`)), keyLog);
    assertAllOpen(decrypted);
    assert.equal(decrypted.length, packets);
    for (const path of [0, 1]) {
      assert.equal(decrypted.filter((packet) => packet.path === path).length, byPath[path]);
    }
  }
});

for (const [suite, hash] of [
  ['TLS_AES_128_GCM_SHA256', 'sha256'],
  ['TLS_AES_256_GCM_SHA384', 'sha384'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'sha256'],
] as const satisfies readonly (readonly [CipherSuiteName, string])[]) {
  test(`our own traffic under ${suite}, over two paths and key updates`, () => {
    const client = { cipherSuites: [suite] };
    const { file, keyLog } = recordTraffic({ client, hash, keyUpdates: 2 });
    assertAllOpen(decrypt(file, keyLog));
  });
}

test('version 2, and the move from version 1 to it', () => {
  for (const client of [{ versions: ['v2'] }, { versions: ['v1', 'v2'] }] as const) {
    const { file, keyLog } = recordTraffic({ client, server: { versions: ['v2', 'v1'] } });
    assertAllOpen(decrypt(file, keyLog));
  }
});

test('a path that moves to the preferred address of its server, to connection IDs that no frame told', () => {
  const server = { preferredAddress: { ipv6: SECOND_SERVER } };
  const { file, keyLog } = recordTraffic({ server, moves: true });
  const packets = decrypt(file, keyLog);
  for (const packet of packets) assert.ok(packet.frames, `packet ${packet.number}`);
  assert.deepEqual([...new Set(packets.map(({ path }) => path))], [0]);
  assert.ok(packets.some(({ to }) => to.startsWith('[2001:db8::1]')));
});

test('0-RTT packets', () => {
  const tickets = { keys: new SealingKeys({ crypto: nodeCryptoProvider, currentTime: () => 0 }) };
  const earlyData = new UsedTickets({ currentTime: () => 0 });
  const server = { requirePsk: false, certificate, tickets, earlyData };
  const trust = insecureVerifier;
  const { session } = recordTraffic({ client: { psks: [], trust }, server });
  assert.ok(session);
  const client = { psks: [], trust, session, earlyData: true };
  const { file, keyLog } = recordTraffic({ client, server, early: true });
  const packets = decrypt(file, keyLog);
  assertAllOpen(packets);
  const early = packets.filter(({ type }) => type === '0RTT');
  assert.ok(early.some(({ frames }) => frames?.some(({ type }) => type === 'stream')));
});

test('secrets embedded in the file are used', () => {
  const { file } = recordTraffic({ embeds: true });
  assertAllOpen(decrypt(file));
});

test('without the key log only Initial packets are decrypted, the others have frames null', () => {
  const { file } = recordTraffic();
  const decrypted = decrypt(file, 'CLIENT_TRAFFIC_SECRET_0 00 11\nno line of a key log\n');
  assert.ok(decrypted.length > 100);
  for (const { type, frames, packetNumber } of decrypted) {
    assert.equal(frames !== null, type === 'initial');
    assert.equal(packetNumber !== null, type === 'initial');
  }
});

test('secrets of another connection do not fit', () => {
  const { file, keyLog } = recordTraffic();
  const other = recordTraffic().keyLog;
  const random = keyLog.split(' ')[1] as string;
  const wrong = other.replaceAll(other.split(' ')[1] as string, random);
  for (const { type, frames } of decrypt(file, wrong)) {
    assert.equal(frames !== null, type === 'initial');
  }
});

test('two connections in one capture, of which one began before it', () => {
  const cut = recordTraffic();
  const whole = recordTraffic();
  const capture = readCapture(whole.file);
  const keyLog = keyLogOf(cut.keyLog, whole.keyLog);
  const packets = [...readCapture(cut.file).packets.slice(10), ...capture.packets];
  const result = decryptCapture({ ...capture, packets }, keyLog, nodeCryptoProvider);
  const opened = result.packets.filter(({ frames }) => frames !== null);
  assert.deepEqual(opened, decrypt(whole.file, whole.keyLog));
  assert.ok(result.packets.length > opened.length);
});

test('a damaged capture is decrypted as far as it goes', () => {
  const client = { cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256' as const] };
  const { file, keyLog } = recordTraffic({ client });
  const damage = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(
    fc.property(damage, fc.nat(file.length), (changes, length) => {
      const damaged = file.slice(0, length);
      for (const [at, octet] of changes) if (at < length && at > 100) damaged[at] = octet;
      try {
        decryptCapture(readCapture(damaged), keyLogOf(keyLog), nodeCryptoProvider);
      } catch (error) {
        assert.ok(error instanceof CaptureError, String(error));
      }
    }),
    { numRuns: 40 },
  );
});

test('behind a Retry the Initial keys are those of its source connection ID', () => {
  const [first, second, own] = [1, 2, 3].map((octet) => new Uint8Array(8).fill(octet)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const token = utf8('token');
  const retry = new Uint8Array(200);
  const end = writeRetry(nodeCryptoProvider, retry, 0, QUIC_V1, own, second, first, token);
  const client = { host: '192.0.2.1', port: 1000 };
  const server = { host: '192.0.2.2', port: 4433 };
  const writer = new PcapngWriter('test');
  const link = writer.addInterface({ name: 'link', linkType: LinkType.raw });
  const add = (source: Address, destination: Address, payload: Uint8Array): void =>
    writer.addPacket(link, 0, encodeUdpPacket({ source, destination, ecn: 0, payload }));
  add(client, server, clientInitial(first, own, new Uint8Array()));
  add(server, client, retry.subarray(0, end));
  add(client, server, clientInitial(second, own, token));
  const types = decrypt(writer.take()).map(({ type, frames }) => [type, frames?.[0]?.type]);
  assert.deepEqual(types, [
    ['initial', 'ping'],
    ['retry', undefined],
    ['initial', 'ping'],
  ]);
});

/** An Initial with a PING and padding. */
function clientInitial(destination: Uint8Array, source: Uint8Array, token: Uint8Array): Uint8Array {
  const packet = new Uint8Array(1200);
  const { sealer } = LevelKeys.initial(nodeCryptoProvider, QUIC_V1, 'client', destination);
  const headerEnd = writeLongHeader(
    packet,
    0,
    QUIC_V1,
    'initial',
    destination,
    source,
    token,
    0,
    1,
  );
  patchLength(packet, headerEnd, 1, packet.length - headerEnd);
  packet[headerEnd] = 1;
  const row = new Int32Array(SEAL_ROW_LENGTH);
  row[SealColumn.headerLength] = headerEnd;
  row[SealColumn.packetNumberLength] = 1;
  row[SealColumn.payloadLength] = packet.length - headerEnd - 16;
  sealer?.seal(packet, row, 1);
  return packet;
}

function run(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [mpq, 'decrypt', ...args], {
    encoding: 'utf8',
    timeout: 20_000,
    maxBuffer: 2 ** 24,
  });
  return { status, out: stdout, err: stderr };
}

test('mpq decrypt --json prints one object a line for each packet', () => {
  const keys = ['--keylog', vector('psk-transfer.keys')];
  const { status, out, err } = run(vector('psk-transfer.pcap'), ...keys, '--json');
  assert.equal(status, 0, err);
  const lines = out.trimEnd().split('\n');
  assert.equal(lines.length, 111);
  const packet = JSON.parse(lines[8] as string);
  assert.deepEqual(Object.keys(packet), [
    'number',
    'time',
    'from',
    'to',
    'type',
    'path',
    'packetNumber',
    'frames',
  ]);
  assert.equal(packet.type, '1RTT');
  assert.match(err, /111 QUIC packets, 111 decrypted/);
});
