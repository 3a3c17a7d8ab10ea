import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex, UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import {
  type CapturedPacket,
  encodeExportedPdu,
  encodeUdpPacket,
  LinkType,
  udpDatagram,
} from '../src/index.ts';

function captured(linkType: number, data: Uint8Array): CapturedPacket {
  return {
    number: 1,
    time: 0,
    linkType,
    interfaceName: undefined,
    data,
    originalLength: data.length,
  };
}

const ipv4 = encodeUdpPacket({
  source: { host: '192.0.2.1', port: 4433 },
  destination: { host: '198.51.100.7', port: 5555 },
  ecn: 2,
  payload: fromHex('01020304'),
});

test('an IPv4 packet with the checksums of RFC 791 and RFC 768', () => {
  assert.equal(
    toHex(ipv4),
    // Checksums verified by tshark 4.0 with udp.check_checksum and ip.check_checksum.
    '450200200000400040114e8fc0000201c6336407115115b3000ce88f01020304',
  );
});

test('datagrams survive in an IP packet of each version, whatever carries it', () => {
  const port = fc.integer({ min: 0, max: 65535 });
  const hosts = fc.constantFrom(['10.0.0.1', '255.255.255.255'], ['2001:db8::1', '::1']);
  const ecn = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(
      hosts,
      port,
      port,
      ecn,
      fc.uint8Array(),
      ([from, to], sport, dport, bits, payload) => {
        const datagram = {
          source: { host: from as string, port: sport },
          destination: { host: to as string, port: dport },
          ecn: bits,
          payload,
        };
        const packet = encodeUdpPacket(datagram);
        const type = packet[0] === 0x45 ? '0800' : '86dd';
        const carried: readonly (readonly [number, string])[] = [
          [LinkType.raw, ''],
          [12, ''],
          [LinkType.null, '02000000'],
          [LinkType.loop, '00000002'],
          [LinkType.ethernet, `${'00'.repeat(12)}${type}`],
          [LinkType.ethernet, `${'00'.repeat(12)}81000001${type}`],
          [LinkType.linuxCooked, `${'00'.repeat(14)}${type}`],
          [LinkType.linuxCooked2, `${type}${'00'.repeat(18)}`],
        ];
        for (const [linkType, header] of carried) {
          const data = concatBytes(fromHex(header), packet);
          assert.deepEqual(
            udpDatagram(captured(linkType, data)),
            datagram,
            `link type ${linkType}`,
          );
        }
      },
    ),
  );
});

test('what is no whole UDP datagram is none', () => {
  const fragment = ipv4.slice();
  fragment[6] = 0x20;
  const tcp = ipv4.slice();
  tcp[9] = 6;
  for (const data of [
    fragment,
    tcp,
    ipv4.subarray(0, 20),
    ipv4.subarray(0, -1),
    new Uint8Array(),
  ]) {
    assert.equal(udpDatagram(captured(LinkType.raw, data)), undefined);
  }
  assert.equal(udpDatagram(captured(147, ipv4)), undefined);
  const arp = concatBytes(fromHex(`${'00'.repeat(12)}0806`), ipv4);
  assert.equal(udpDatagram(captured(LinkType.ethernet, arp)), undefined);
});

test('any octets are a UDP datagram or undefined', () => {
  const linkType = fc.constantFrom(0, 1, 101, 108, 113, 276);
  const start = fc.constantFrom('', '45000030', '6000000000301100', '600000000030000000');
  fc.assert(
    fc.property(linkType, start, fc.uint8Array({ maxLength: 90 }), (type, head, tail) => {
      udpDatagram(captured(type, concatBytes(fromHex(head), tail)));
    }),
    { numRuns: 2000 },
  );
});

test('addresses of two versions, and payloads beyond one packet, are refused', () => {
  const source = { host: '10.0.0.1', port: 1 };
  const destination = { host: '::1', port: 1 };
  const payload = new Uint8Array(65508);
  assert.throws(() => encodeUdpPacket({ source, destination, ecn: 0, payload }), UsageError);
  assert.throws(
    () => encodeUdpPacket({ source, destination: source, ecn: 0, payload }),
    UsageError,
  );
});

test('an exported PDU names its dissector and addresses', () => {
  const pdu = encodeExportedPdu({
    dissector: 'nas-5gs',
    transport: 'tcp',
    source: { host: '10.0.0.1', port: 20000 },
    destination: { host: '2001:db8::1', port: 21000 },
    message: fromHex('7e0041'),
  });
  assert.equal(
    toHex(pdu),
    [
      '000c 0008 6e61732d35677300',
      '0014 0004 0a000001',
      '0017 0010 20010db8000000000000000000000001',
      '0018 0004 00000002',
      '0019 0004 00004e20',
      '001a 0004 00005208',
      '0000 0000',
      '7e0041',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});
