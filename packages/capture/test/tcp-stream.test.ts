import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUint32, utf8 } from '@mpquic/wire';
import { LinkType, TcpStreams, tcpSegment } from '../src/index.ts';
import { foldChecksum, sumWords } from '../src/ip-packet.ts';

const CLIENT = { host: '127.0.0.1', port: 40_000 };
const SERVER = { host: '127.0.0.5', port: 29_518 };

function tcp(packet: Uint8Array): Uint8Array {
  return packet.subarray(20);
}

function summary(packet: Uint8Array): readonly number[] {
  const octets = tcp(packet);
  return [octets[13] as number, readUint32(octets, 4), readUint32(octets, 8), octets.length - 20];
}

test('a new connection begins with a handshake, and sequence numbers follow the octets', () => {
  const streams = new TcpStreams();
  const first = streams.packets(CLIENT, SERVER, utf8('hello'));
  assert.deepEqual(first.map(summary), [
    [0x02, 0, 0, 0],
    [0x12, 0, 1, 0],
    [0x10, 1, 1, 0],
    [0x18, 1, 1, 5],
  ]);
  const answer = streams.packets(SERVER, CLIENT, utf8('hi'));
  assert.deepEqual(answer.map(summary), [[0x18, 1, 6, 2]]);
  assert.deepEqual(streams.packets(CLIENT, SERVER, utf8('!')).map(summary), [[0x18, 6, 3, 1]]);
});

test('long octets become several segments', () => {
  const packets = new TcpStreams().packets(CLIENT, SERVER, new Uint8Array(40_000));
  assert.deepEqual(
    packets.slice(3).map((packet) => summary(packet)[3]),
    [16_384, 16_384, 7_232],
  );
});

test('checksums of both IP versions are right', () => {
  const six = [
    { host: '::1', port: 1 },
    { host: '2001:db8::5', port: 2 },
  ] as const;
  for (const [source, destination] of [[CLIENT, SERVER], six] as const) {
    for (const packet of new TcpStreams().packets(source, destination, utf8('odd'))) {
      const isSix = source.host.includes(':');
      const addresses = isSix ? packet.subarray(8, 40) : packet.subarray(12, 20);
      const segment = packet.subarray(isSix ? 40 : 20);
      assert.equal(foldChecksum(sumWords(addresses) + 6 + segment.length + sumWords(segment)), 0);
    }
  }
});

test('segments come out of captured packets as they went in; what is no TCP does not', () => {
  const packets = new TcpStreams().packets(CLIENT, SERVER, utf8('hello'));
  const captured = { number: 1, time: 0, linkType: LinkType.raw, interfaceName: undefined };
  const read = packets.map((data) =>
    tcpSegment({ ...captured, data, originalLength: data.length }),
  );
  assert.deepEqual(read.at(-1), {
    source: CLIENT,
    destination: SERVER,
    sequence: 1,
    payload: utf8('hello'),
  });
  const whole = packets.at(-1) as Uint8Array;
  for (let length = 0; length < whole.length - 5; length++) {
    const data = whole.subarray(0, length);
    assert.equal(tcpSegment({ ...captured, data, originalLength: whole.length }), undefined);
  }
  const udp = whole.slice();
  udp[9] = 17;
  assert.equal(tcpSegment({ ...captured, data: udp, originalLength: udp.length }), undefined);
});
