import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex, utf8 } from '@mpquic/wire';
import { LinkType, PcapngWriter, readCapture } from '../src/index.ts';
import { integers } from './integers.ts';

function block(isLittle: boolean, type: number, body: Uint8Array): Uint8Array {
  const padding = new Uint8Array(-body.length & 3);
  const total = body.length + padding.length + 12;
  return concatBytes(
    integers(isLittle, [4, type], [4, total]),
    body,
    padding,
    integers(isLittle, [4, total]),
  );
}

function sectionHeader(isLittle: boolean): Uint8Array {
  return block(
    isLittle,
    0x0a0d0d0a,
    integers(isLittle, [4, 0x1a2b3c4d], [2, 1], [2, 0], [4, 0xffffffff], [4, 0xffffffff]),
  );
}

/** Interface description with a time resolution of 10^-9 seconds and an offset of 1000 seconds. */
function nanosecondInterface(isLittle: boolean): Uint8Array {
  const fields = integers(isLittle, [2, LinkType.raw], [2, 0], [4, 0]);
  const resolution = concatBytes(integers(isLittle, [2, 9], [2, 1]), fromHex('09000000'));
  const offset = isLittle
    ? integers(true, [2, 14], [2, 8], [4, 1000], [4, 0])
    : integers(false, [2, 14], [2, 8], [4, 0], [4, 1000]);
  const name = concatBytes(integers(isLittle, [2, 2], [2, 3]), utf8('n3a\0'));
  const body = concatBytes(fields, name, resolution, offset, integers(isLittle, [2, 0], [2, 0]));
  return block(isLittle, 1, body);
}

test('pcapng is read in both byte orders, with each kind of packet block', () => {
  for (const isLittle of [true, false]) {
    const packetFields = integers(isLittle, [4, 0], [4, 5_000_000], [4, 2], [4, 60]);
    const file = concatBytes(
      sectionHeader(isLittle),
      nanosecondInterface(isLittle),
      block(isLittle, 4, new Uint8Array(8)), // name resolution: of no interest
      block(isLittle, 6, concatBytes(integers(isLittle, [4, 0]), packetFields, fromHex('aabb'))),
      block(
        isLittle,
        2,
        concatBytes(integers(isLittle, [2, 0], [2, 7]), packetFields, fromHex('ccdd')),
      ),
      block(isLittle, 3, concatBytes(integers(isLittle, [4, 3]), fromHex('010203'))),
      block(isLittle, 6, concatBytes(integers(isLittle, [4, 9]), packetFields, fromHex('aabb'))),
    );
    const { packets, problem } = readCapture(file);
    assert.equal(problem, undefined);
    assert.deepEqual(
      packets.map((packet) => [packet.number, packet.time, toHex(packet.data)]),
      [
        [1, 1_000_005_000, 'aabb'],
        [2, 1_000_005_000, 'ccdd'],
        [3, 0, '010203'],
      ],
    );
    assert.equal(packets[0]?.interfaceName, 'n3a\0'.slice(0, 3));
    assert.equal(packets[0].originalLength, 60);
  }
});

test('sections of two byte orders follow each other in one file', () => {
  const section = (isLittle: boolean) =>
    concatBytes(
      sectionHeader(isLittle),
      nanosecondInterface(isLittle),
      block(isLittle, 3, concatBytes(integers(isLittle, [4, 1]), fromHex('ee'))),
    );
  const { packets, problem } = readCapture(concatBytes(section(true), section(false)));
  assert.equal(problem, undefined);
  assert.equal(packets.length, 2);
});

test('what is written is read back: interfaces, times, comments, key logs', () => {
  const writer = new PcapngWriter('mpq test');
  const access = writer.addInterface({ name: '3gpp', linkType: LinkType.raw, description: 'N3' });
  const other = writer.addInterface({ name: 'non-3gpp', linkType: LinkType.exportedPdu });
  const opening = writer.take();
  writer.addKeyLog('CLIENT_RANDOM 00 11\n');
  const time = 1_763_000_000_123_456;
  writer.addPacket(access, time, fromHex('450000'));
  writer.addPacket(other, time + 1, fromHex('00'), 'comment');
  const capture = readCapture(concatBytes(opening, writer.take()));
  assert.equal(capture.problem, undefined);
  assert.deepEqual(capture.keyLogs, ['CLIENT_RANDOM 00 11\n']);
  assert.deepEqual(
    capture.packets.map((packet) => [packet.interfaceName, packet.linkType, packet.time]),
    [
      ['3gpp', 101, time],
      ['non-3gpp', 252, time + 1],
    ],
  );
  assert.equal(writer.take().length, 0);
  assert.throws(() => writer.addPacket(2, 0, new Uint8Array()), /no interface 2/);
});

test('the blocks of a minimal file, octet for octet', () => {
  const writer = new PcapngWriter('a');
  writer.addInterface({ name: 'if', linkType: LinkType.raw });
  writer.addPacket(0, 2 ** 32 + 5, fromHex('aabbcc'));
  writer.addKeyLog('x');
  assert.equal(
    toHex(writer.take()),
    [
      '0a0d0d0a 00000028 1a2b3c4d 0001 0000 ffffffffffffffff 0004 0001 61000000 0000 0000 00000028',
      '00000001 00000028 0065 0000 00000000 0002 0002 69660000 0009 0001 06000000 0000 0000 00000028',
      '00000006 00000024 00000000 00000001 00000005 00000003 00000003 aabbcc00 00000024',
      '0000000a 00000018 544c534b 00000001 78000000 00000018',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

test('a damaged block ends the reading, with what came before', () => {
  const whole = concatBytes(
    sectionHeader(true),
    nanosecondInterface(true),
    block(true, 3, concatBytes(integers(true, [4, 1]), fromHex('ee'))),
  );
  const broken = concatBytes(whole, integers(true, [4, 6], [4, 7], [4, 0], [4, 0]));
  const capture = readCapture(broken);
  assert.equal(capture.packets.length, 1);
  assert.equal(capture.problem, `the block at octet ${whole.length} is cut short or damaged`);
});
