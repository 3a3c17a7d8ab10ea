import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OTHER_KEY_PHASE, type PacketKeys, SealColumn } from '@mpquic/crypto';
import { nativeCryptoProvider, nativeStatus } from '../src/index.ts';

const crypto = nativeCryptoProvider();
const skip = crypto === undefined ? nativeStatus.reason : false;

const KEYS: PacketKeys = {
  aead: 'aes-128-gcm',
  key: new Uint8Array(16).fill(1),
  iv: new Uint8Array(12).fill(2),
  headerProtectionKey: new Uint8Array(16).fill(3),
};
const ID_LENGTH = 8;
const HEADER = 1 + ID_LENGTH + 2;
const SIZE = 300;
const PATH = 1;

interface Packet {
  readonly number: number;
  readonly size?: number;
  readonly id?: number;
  readonly phase?: 0 | 1;
}

/** Packets one behind the other, sealed. */
function sealRun(packets: readonly Packet[]): Uint8Array {
  const length = packets.reduce((sum, { size = SIZE }) => sum + size, 0);
  const buffer = new Uint8Array(length);
  const table = new Int32Array(8 * packets.length);
  let at = 0;
  for (const [i, { number, size = SIZE, id = 7, phase = 0 }] of packets.entries()) {
    buffer[at] = 0x41 | (phase << 2);
    buffer.fill(id, at + 1, at + 1 + ID_LENGTH);
    buffer[at + HEADER - 2] = number >> 8;
    buffer[at + HEADER - 1] = number;
    buffer.fill(number, at + HEADER, at + size - 16);
    const row = 8 * i;
    table[row + SealColumn.offset] = at;
    table[row + SealColumn.headerLength] = HEADER;
    table[row + SealColumn.packetNumberLength] = 2;
    table[row + SealColumn.payloadLength] = size - HEADER - 16;
    table[row + SealColumn.pathId] = PATH;
    table[row + SealColumn.packetNumberLow] = number;
    at += size;
  }
  crypto?.createSealer(KEYS).seal(buffer, table, packets.length);
  return buffer;
}

/** Length and packet number of each packet that was dealt with. */
function openRun(buffer: Uint8Array, largest = -1): readonly (readonly number[])[] {
  const results = new Float64Array(16);
  const opener = crypto?.createOpener(KEYS);
  const { length } = buffer;
  const count = opener?.openRun?.(buffer, 0, SIZE, length, ID_LENGTH, PATH, largest, 0, results);
  return Array.from({ length: count ?? 0 }, (_, i) => [...results.subarray(2 * i, 2 * i + 2)]);
}

const PLAIN = SIZE - HEADER - 16;

test('a run is opened by one call, its last packet shorter, its numbers restored', { skip }, () => {
  const start = 0x1_fffe;
  const numbers = [start, start + 1, start + 2, start + 5];
  const buffer = sealRun(numbers.map((number, i) => ({ number, size: i === 3 ? 100 : SIZE })));
  assert.deepEqual(openRun(buffer, start - 1), [
    [PLAIN, start],
    [PLAIN, start + 1],
    [PLAIN, start + 2],
    [100 - HEADER - 16, start + 5],
  ]);
  for (const [i, number] of numbers.entries()) {
    const at = i * SIZE + HEADER;
    const end = i === 3 ? buffer.length - 16 : at + PLAIN;
    assert.ok(buffer.subarray(at, end).every((octet) => octet === (number & 0xff)));
  }
});

test('a forged packet does not keep those behind it from being opened', { skip }, () => {
  const buffer = sealRun([{ number: 1 }, { number: 2 }, { number: 3 }]);
  buffer[SIZE + 100] = (buffer[SIZE + 100] as number) ^ 1;
  assert.deepEqual(openRun(buffer), [
    [PLAIN, 1],
    [-1, 2],
    [PLAIN, 3],
  ]);
});

test('a run ends at another connection ID, which is left as it is', { skip }, () => {
  const packets = [{ number: 1 }, { number: 2, id: 8 }, { number: 3 }];
  const buffer = sealRun(packets);
  const before = buffer.slice();
  assert.deepEqual(openRun(buffer), [[PLAIN, 1]]);
  assert.deepEqual(buffer.subarray(SIZE), before.subarray(SIZE));
});

test('a run ends with the first packet of another key phase', { skip }, () => {
  const buffer = sealRun([{ number: 1 }, { number: 2, phase: 1 }, { number: 3, phase: 1 }]);
  assert.deepEqual(openRun(buffer), [
    [PLAIN, 1],
    [OTHER_KEY_PHASE, 2],
  ]);
});

test('what is no 1-RTT packet, or too short for a sample, ends a run', { skip }, () => {
  const long = sealRun([{ number: 1 }, { number: 2 }]);
  long[SIZE] = 0xc1;
  assert.equal(openRun(long).length, 1);
  assert.equal(openRun(sealRun([{ number: 1 }]).subarray(0, 20)).length, 0);
  const short = sealRun([{ number: 1 }, { number: 2, size: 40 }]).subarray(0, SIZE + 20);
  assert.equal(openRun(short).length, 1);
});

test('no more packets are opened than there is room for results', { skip }, () => {
  const packets = Array.from({ length: 10 }, (_, number) => ({ number }));
  assert.equal(openRun(sealRun(packets)).length, 8);
});
