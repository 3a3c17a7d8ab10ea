import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex } from '@mpquic/wire';
import fc from 'fast-check';
import {
  DatagramReader,
  destinationConnectionId,
  type HeaderProblem,
  headerToken,
  type PacketType,
  QUIC_V1,
  QUIC_V2,
  sourceConnectionId,
} from '../src/index.ts';
import {
  longHeaderLength,
  patchLength,
  writeLongHeader,
  writeShortHeader,
} from '../src/wire/header-writer.ts';
import { readSupportedVersions, writeVersionNegotiation } from '../src/wire/version-negotiation.ts';
import { parseFirst } from './protection-helpers.ts';

const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const level = fc.constantFrom('initial' as const, 'handshake' as const, 'early' as const);
const numberLength = fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const);

function packetTypes(
  datagram: Uint8Array,
  idLength = 8,
): [PacketType[], HeaderProblem | undefined] {
  const reader = new DatagramReader();
  reader.begin(datagram, 0, datagram.length, idLength);
  const types: PacketType[] = [];
  for (let header = reader.next(); header; header = reader.next()) types.push(header.type);
  return [types, reader.problem];
}

/** A long header packet with `payload` octets behind its packet number. */
function longPacket(
  type: 'initial' | 'handshake' | 'early',
  id: Uint8Array,
  payload = 30,
): Uint8Array {
  const none = new Uint8Array();
  const packet = new Uint8Array(longHeaderLength(type, id, id, none, 2) + payload);
  const end = writeLongHeader(packet, 0, QUIC_V1, type, id, id, none, 7, 2);
  patchLength(packet, end, 2, payload);
  return packet;
}

test('long headers survive their encoding, in both versions', () => {
  fc.assert(
    fc.property(
      fc.record({
        version: fc.constantFrom(QUIC_V1, QUIC_V2),
        type: level,
        destination: octets(0, 20),
        source: octets(0, 20),
        token: octets(0, 90),
        numberLength,
        payload: fc.integer({ min: 20, max: 1200 }),
      }),
      ({ version, type, destination, source, token, numberLength: length, payload }) => {
        const size = longHeaderLength(type, destination, source, token, length);
        const packet = new Uint8Array(size + payload);
        const end = writeLongHeader(
          packet,
          0,
          version,
          type,
          destination,
          source,
          token,
          5,
          length,
        );
        assert.equal(end, size);
        patchLength(packet, end, length, payload);
        const header = parseFirst(packet);
        assert.equal(header.type, type);
        assert.equal(header.version, version);
        assert.deepEqual(destinationConnectionId(header), destination);
        assert.deepEqual(sourceConnectionId(header), source);
        assert.deepEqual(headerToken(header), type === 'initial' ? token : new Uint8Array());
        assert.equal(header.packetNumberOffset, size - length);
        assert.equal(header.end, packet.length);
      },
    ),
  );
});

test('any octets are packets or a named problem', () => {
  const reader = new DatagramReader();
  const start = fc.constantFrom('', 'c000000001', 'c06b3343cf', 'd00000000108', 'f000000001');
  fc.assert(
    fc.property(start, octets(1, 120), (head, tail) => {
      const datagram = concatBytes(fromHex(head), tail);
      reader.begin(datagram, 0, datagram.length, 8);
      let at = 0;
      for (let header = reader.next(); header; header = reader.next()) {
        assert.equal(header.start, at);
        assert.ok(header.end > at && header.end <= datagram.length);
        at = header.end;
      }
      assert.ok(at === datagram.length || reader.problem !== undefined);
    }),
    { numRuns: 2000 },
  );
});

test('RFC 9000 §12.2: coalesced packets are split, those of another connection ID left out', () => {
  const id = fromHex('0102030405060708');
  const other = fromHex('0102030405060709');
  const short = new Uint8Array(40);
  writeShortHeader(short, 0, id, 1, 9, 1);
  const initial = longPacket('initial', id);
  const handshake = longPacket('handshake', id);
  assert.deepEqual(packetTypes(concatBytes(initial, handshake, short)), [
    ['initial', 'handshake', 'application'],
    undefined,
  ]);
  const mixed = concatBytes(initial, longPacket('handshake', other), short);
  assert.deepEqual(packetTypes(mixed), [['initial'], 'connection_id_mismatch']);
  const padded = concatBytes(initial, new Uint8Array(100));
  assert.deepEqual(packetTypes(padded), [['initial'], 'fixed_bit_zero']);
});

test('RFC 9000 §17.2, §5.4.2 of RFC 9001: headers that cannot be read', () => {
  const id = fromHex('0102030405060708');
  const initial = longPacket('initial', id);
  for (let length = 1; length < 26; length++) {
    const [types, problem] = packetTypes(initial.subarray(0, length));
    assert.deepEqual(types, []);
    assert.ok(problem === 'header_truncated' || problem === 'length_exceeds_datagram', problem);
  }
  assert.equal(packetTypes(initial.subarray(0, -1))[1], 'length_exceeds_datagram');
  assert.equal(packetTypes(longPacket('handshake', id, 17))[1], 'too_short_for_sample');
  assert.equal(packetTypes(longPacket('handshake', id, 18))[1], undefined);
  assert.equal(packetTypes(new Uint8Array(28).fill(0x40))[1], 'too_short_for_sample');
  const longId = longPacket('initial', new Uint8Array(21));
  assert.equal(packetTypes(longId)[1], 'connection_id_too_long');
  const retry = fromHex(`f0000000010000${'00'.repeat(15)}`);
  assert.equal(packetTypes(retry)[1], 'header_truncated');
});

test('RFC 8999 §5: what no version changes is read of an unknown version', () => {
  const destination = new Uint8Array(200).fill(7);
  const packet = concatBytes(
    fromHex('801a2a3a4ac8'),
    destination,
    fromHex('03aabbcc'),
    new Uint8Array(9),
  );
  const header = parseFirst(packet);
  assert.equal(header.type, 'unsupported_version');
  assert.equal(header.versionNumber, 0x1a2a3a4a);
  assert.deepEqual(destinationConnectionId(header), destination);
  assert.equal(toHex(sourceConnectionId(header)), 'aabbcc');
});

test('RFC 9000 §17.2.1: version negotiation survives its encoding', () => {
  const into = new Uint8Array(100);
  const [destination, source] = [fromHex('aabb'), fromHex('0102030405')];
  const versions = [1, 0x6b3343cf, 0x0a1a2a3a];
  const end = writeVersionNegotiation(into, 0, destination, source, versions, 0x15);
  const header = parseFirst(into.subarray(0, end));
  assert.equal(header.type, 'version_negotiation');
  assert.deepEqual(destinationConnectionId(header), destination);
  assert.deepEqual(sourceConnectionId(header), source);
  assert.deepEqual(readSupportedVersions(header), versions);
  assert.equal(readSupportedVersions(parseFirst(into.subarray(0, end - 1))), undefined);
  assert.equal(readSupportedVersions(parseFirst(into.subarray(0, end - 12))), undefined);
});
