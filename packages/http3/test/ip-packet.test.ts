import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, parseIp } from '@mpquic/wire';
import fc from 'fast-check';
import { Http3StreamError } from '../src/error-code.ts';
import {
  decodeAssignments,
  decodeRequests,
  decodeRoutes,
  encodeAddresses,
} from '../src/masque/ip-capsules.ts';
import {
  buildIpPacket,
  decrementHopLimit,
  readIpHeader,
  transportChecksum,
} from '../src/masque/ip-packet.ts';

const UE = parseIp('10.60.0.1');
const SERVER = parseIp('192.0.2.9');

const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);

test('any packet built is read, and its TTL falls with a right checksum', () => {
  const versions = fc.constantFrom(4, 16).chain((length) => {
    const octets = fc.uint8Array({ minLength: length, maxLength: length });
    return fc.tuple(octets, octets, fc.integer({ min: 1, max: 255 }), fc.uint8Array());
  });
  fc.assert(
    fc.property(versions, ([source, destination, hopLimit, payload]) => {
      const packet = buildIpPacket(source, destination, 17, payload, hopLimit);
      decrementHopLimit(packet);
      const header = readIpHeader(packet);
      assert.equal(header?.hopLimit, hopLimit - 1);
      assert.deepEqual([...(header?.source ?? [])], [...source]);
      assert.equal(packet.length - (header?.payloadAt ?? 0), payload.length);
    }),
  );
});

test('any octets are an IP packet or none, any capsule is valid or malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 90 }), fc.constantFrom(0x45, 0x60), (bytes, first) => {
      const packet = concatBytes(Uint8Array.of(first), bytes);
      packet[2] = 0;
      packet[3] = packet.length;
      if (first === 0x60 && packet.length >= 40) packet.set([0, packet.length - 40], 4);
      const header = readIpHeader(packet);
      assert.ok(header === undefined || header.payloadAt <= packet.length);
      for (const decode of [decodeAssignments, decodeRequests, decodeRoutes]) {
        try {
          decode(bytes);
        } catch (error) {
          assert.ok(error instanceof Http3StreamError);
        }
      }
    }),
  );
  fc.assert(
    fc.property(fc.array(address, { maxLength: 5 }), (addresses) => {
      const entries = addresses.map((octets, i) => ({
        requestId: i + 1,
        prefix: { address: octets, length: 8 * octets.length },
      }));
      assert.deepEqual(decodeAssignments(encodeAddresses(entries)), entries);
    }),
  );
});

test('extension headers are walked to the protocol behind them. RFC 8200 §4', () => {
  const payload = concatBytes(
    fromHex('2c00000000000000'),
    fromHex('1100000100000000'),
    new Uint8Array(8),
  );
  const packet = buildIpPacket(parseIp('::1'), parseIp('::2'), 0, payload);
  const header = readIpHeader(packet);
  assert.equal(header?.protocol, 17);
  assert.equal(header?.laterFragment, false);
  assert.equal(header?.payloadAt, 56);
});

test('the checksum of UDP over IPv4 is that of RFC 768', () => {
  const payload = fromHex('04d20035000c0000deadbeef');
  const checksum = transportChecksum(UE, SERVER, 17, payload);
  payload[6] = checksum >> 8;
  payload[7] = checksum & 0xff;
  assert.equal(transportChecksum(UE, SERVER, 17, payload), 0);
});
