import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, RangeSet, toHex } from '@mpquic/wire';
import {
  cloneFrame,
  FRAME_CODECS,
  type Frame,
  type FrameOf,
  FrameReader,
  frameData,
  type PacketLevel,
  TransportError,
  TransportErrorCode,
  type TransportErrorName,
} from '../src/index.ts';
import { MAX_ACK_RANGES, writeAckFrame } from '../src/wire/ack-codec.ts';

function read(hex: string, level: PacketLevel = 'application'): Frame[] {
  const bytes = fromHex(hex);
  const reader = new FrameReader();
  reader.begin(level, bytes, 0, bytes.length);
  const frames: Frame[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) frames.push(cloneFrame(frame));
  return frames;
}

function assertRefused(hex: string, name: TransportErrorName, frameType: number): void {
  assert.throws(
    () => read(hex),
    (error) => {
      assert.ok(error instanceof TransportError, String(error));
      assert.equal(error.code, TransportErrorCode[name], `${hex}: ${error.message}`);
      assert.equal(error.frameType, frameType, hex);
      return true;
    },
    hex,
  );
}

const token = '00'.repeat(16);
const over53 = 'ffffffffffffffff';

test('RFC 9000 §12.4: unknown types, long types, and packets without frames', () => {
  assertRefused('21', 'FRAME_ENCODING_ERROR', 0x21);
  assertRefused('7fff', 'FRAME_ENCODING_ERROR', 0x3fff);
  assertRefused('80010000', 'FRAME_ENCODING_ERROR', 0x10000);
  assertRefused(over53, 'FRAME_ENCODING_ERROR', Number.MAX_SAFE_INTEGER);
  assertRefused('4001', 'PROTOCOL_VIOLATION', 0x01);
  assertRefused('80000001', 'PROTOCOL_VIOLATION', 0x01);
  assertRefused('c000000000000001', 'PROTOCOL_VIOLATION', 0x01);
  assertRefused('80003e7a05', 'PROTOCOL_VIOLATION', 0x3e7a);
  assertRefused('', 'PROTOCOL_VIOLATION', 0);
});

test('RFC 9000 Table 3, MP-21 §4: a frame in a packet that may not hold it', () => {
  const levels: Record<string, PacketLevel> = {
    I: 'initial',
    H: 'handshake',
    0: 'early',
    1: 'application',
  };
  for (const codec of Object.values(FRAME_CODECS)) {
    for (const [code, packets] of Object.entries(codec.codes)) {
      const type = Number(code);
      const bytes = Uint8Array.from([...(type < 64 ? [type] : [0x40 | (type >> 8), type & 0xff])]);
      for (const [i, mark] of ['I', 'H', '0', '1'].entries()) {
        const reader = new FrameReader();
        reader.begin(levels[mark] as PacketLevel, bytes, 0, bytes.length);
        let refused = false;
        try {
          reader.next();
        } catch (error) {
          assert.ok(error instanceof TransportError);
          refused = error.code === TransportErrorCode.PROTOCOL_VIOLATION;
        }
        assert.equal(refused, packets[i] === '_', `0x${type.toString(16)} in ${mark}`);
      }
    }
  }
});

test('RFC 9000 §19: every frame that is cut short is refused', () => {
  const whole = [
    '0205030102',
    '030503010205060708',
    '040102',
    '0503',
    '060003aabb',
    '0702aa',
    '0e0405036162',
    '10',
    '1104',
    '12',
    '14',
    '1801000811223344',
    `1801000811223344556677${token}`.slice(0, -2),
    '1a0102030405',
    '1c0a0003ab',
    '3103ab',
    '3e01050301',
    '7e75',
    '7e7501',
    `7e78010000`,
  ];
  for (const hex of whole) {
    const first = Number.parseInt(hex.slice(0, 2), 16);
    const type = first < 64 ? first : Number.parseInt(hex.slice(0, 4), 16) & 0x3fff;
    assertRefused(hex, 'FRAME_ENCODING_ERROR', type);
  }
});

test('RFC 9000 §19.3.1: ranges that run below packet number 0', () => {
  assertRefused('0205000006', 'FRAME_ENCODING_ERROR', 0x02);
  assertRefused('020a0001000a00', 'FRAME_ENCODING_ERROR', 0x02);
  assertRefused('020a0001000009', 'FRAME_ENCODING_ERROR', 0x02);
  const [frame] = read('020a0001000008');
  assert.ok(frame?.type === 'ack');
  assert.deepEqual([...frame.ranges], [10, 10, 0, 8]);
});

test('RFC 9000 §13.1: acknowledging a packet number above 2^53', () => {
  assertRefused(`02${over53}000000`, 'PROTOCOL_VIOLATION', 0x02);
  assertRefused(`3e00${over53}000000`, 'PROTOCOL_VIOLATION', 0x3e);
});

test('RFC 9000 §19.3: an ACK delay beyond 2^53 saturates', () => {
  const [frame] = read(`0205${over53}0000`);
  assert.ok(frame?.type === 'ack');
  assert.equal(frame.ackDelay, Number.MAX_SAFE_INTEGER);
});

test('RFC 9000 §19.7: an empty token', () => {
  assertRefused('0700', 'FRAME_ENCODING_ERROR', 0x07);
});

test('RFC 9000 §4.6, §19.11, §19.14: stream counts above 2^60', () => {
  for (const type of [0x12, 0x13, 0x16, 0x17]) {
    assertRefused(`${type.toString(16)}d000000000000001`, 'FRAME_ENCODING_ERROR', type);
    assert.equal(read(`${type.toString(16)}d000000000000000`).length, 1);
  }
  const [frame] = read('12d000000000000000');
  assert.ok(frame?.type === 'max_streams');
  assert.equal(frame.maximum, Number.MAX_SAFE_INTEGER);
});

test('RFC 9000 §19.15, MP-21 §4.4: connection IDs of a wrong length, retired before they are issued', () => {
  for (const [prefix, type] of [
    ['18', 0x18],
    ['7e7803', 0x3e78],
  ] as const) {
    assertRefused(`${prefix}010000${token}`, 'FRAME_ENCODING_ERROR', type);
    assertRefused(`${prefix}010015${'aa'.repeat(21)}${token}`, 'FRAME_ENCODING_ERROR', type);
    assertRefused(`${prefix}010204aabbccdd${token}`, 'FRAME_ENCODING_ERROR', type);
    assert.equal(read(`${prefix}020214${'aa'.repeat(20)}${token}`).length, 1);
    assertRefused(`${prefix}${over53}0001aa${token}`, 'PROTOCOL_VIOLATION', type);
  }
});

test('RFC 9000 §19.8: a stream offset at the end of the number space', () => {
  assertRefused(`0e04${over53}0161`, 'FLOW_CONTROL_ERROR', 0x0e);
  assertRefused(`06${over53}0161`, 'CRYPTO_BUFFER_EXCEEDED', 0x06);
  assertRefused(`0a${over53}00`, 'STREAM_LIMIT_ERROR', 0x0a);
  assertRefused(`040000${over53}`, 'FLOW_CONTROL_ERROR', 0x04);
});

test('limits above 2^53 saturate', () => {
  const frames = read(`10${over53}1104${over53}14${over53}`);
  assert.deepEqual(frames, [
    { type: 'max_data', maximum: Number.MAX_SAFE_INTEGER },
    { type: 'max_stream_data', streamId: 4, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'data_blocked', limit: Number.MAX_SAFE_INTEGER },
  ]);
});

test('MP-21 §4: path IDs and their limits above 2^32-1', () => {
  const over32 = 'c000000100000000';
  const frames: readonly (readonly [string, number])[] = [
    [`3e${over32}05000000`, 0x3e],
    [`7e75${over32}00`, 0x3e75],
    [`7e76${over32}00`, 0x3e76],
    [`7e77${over32}00`, 0x3e77],
    [`7e78${over32}000001aa${token}`, 0x3e78],
    [`7e79${over32}00`, 0x3e79],
    [`7e7a${over32}`, 0x3e7a],
    [`7e7b${over32}`, 0x3e7b],
    [`7e7c${over32}00`, 0x3e7c],
    [`7e7a${over53}`, 0x3e7a],
  ];
  for (const [hex, type] of frames) assertRefused(hex, 'PROTOCOL_VIOLATION', type);
  assert.deepEqual(read('7e7ac0000000ffffffff'), [{ type: 'max_path_id', maximum: 0xffff_ffff }]);
});

test('RFC 9221 §4: a DATAGRAM without length takes the rest of the packet', () => {
  const frames = read('310161010130616201');
  assert.deepEqual(
    frames.map((frame) => (frame.type === 'datagram' ? [...frameData(frame)] : frame.type)),
    [[0x61], 'ping', 'ping', [0x61, 0x62, 0x01]],
  );
});

test('a packet tells whether it is ack-eliciting and whether it only probes', () => {
  const cases = [
    ['0000', false, true],
    ['1a01020304050607080000', true, true],
    ['0205000000', false, false],
    ['01', true, false],
    ['1c0a0000', false, false],
    ['3e0105000000', false, false],
    ['7e7501000000', true, false],
  ] as const;
  for (const [hex, ackEliciting, probing] of cases) {
    const bytes = fromHex(hex);
    const reader = new FrameReader();
    reader.begin('application', bytes, 0, bytes.length);
    while (reader.next());
    assert.equal(reader.ackEliciting, ackEliciting, hex);
    assert.equal(reader.probing, probing, hex);
  }
});

test('ranges beyond the cap are checked but not kept', () => {
  const count = MAX_ACK_RANGES + 500;
  const ranges = '0000'.repeat(count - 1);
  const [frame] = read(
    `0280${(2 * count).toString(16).padStart(6, '0')}004${(count - 1).toString(16).padStart(3, '0')}00${ranges}`,
  );
  assert.ok(frame?.type === 'ack');
  assert.equal(frame.rangeCount, MAX_ACK_RANGES);
  assert.equal(frame.ranges[1], 2 * count);
});

test('an ACK frame takes as many ranges as fit, highest first', () => {
  const received = new RangeSet();
  for (let i = 0; i < 200; i++) received.add(1000 * i, 1000 * i + 10);
  const buffer = new Uint8Array(4000);
  let kept = 0;
  for (let limit = 1; limit < 900; limit += 7) {
    const end = writeAckFrame(buffer, 1, limit, received, 25, undefined, undefined);
    assert.ok(end <= Math.max(limit, 1));
    if (end === 1) continue;
    const [frame] = read(toHex(buffer.subarray(1, end))) as [FrameOf<'ack'>];
    assert.ok(frame.rangeCount >= kept);
    kept = frame.rangeCount;
    for (let i = 0; i < kept; i++) {
      assert.equal(frame.ranges[2 * i], received.start(199 - i));
      assert.equal(frame.ranges[2 * i + 1], received.last(199 - i));
    }
  }
  assert.equal(kept, 200);
  const ecn = { ect0: 1, ect1: 70, ce: 0 };
  const end = writeAckFrame(buffer, 0, 100, received, 25, ecn, 3);
  const [frame] = read(toHex(buffer.subarray(0, end)));
  assert.ok(frame?.type === 'path_ack');
  assert.equal(frame.pathId, 3);
  assert.deepEqual(frame.ecn, ecn);
  assert.equal(writeAckFrame(buffer, 5, 4000, new RangeSet(), 0, undefined, 0), 5);
});
