/**
 * Whatever JavaScript hands to the addon, the addon throws or works: it never touches memory that is not its own.
 * scripts/test-native-asan.sh runs this with AddressSanitizer looking on.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type NativeAddon, nativeStatus } from '../src/addon.ts';
import { native as addon, nativeTest } from './loopback.ts';

const RUNS = Number(process.env['MPQUIC_FUZZ_RUNS'] ?? 300);
const SCRATCH = new Uint8Array(4096);
const LABELS = ['quic key', 'quic iv', 'quic hp'] as const;

function sealKeys(): number {
  return addon.deriveKeys(SCRATCH, 0, 0, 0, ...LABELS, 0);
}

function openKeys(): number {
  return addon.deriveKeys(SCRATCH, 1, 0, 0, ...LABELS, 0);
}

function openSocket(): number {
  const local = new Int32Array(16);
  local[4] = 4;
  local[6] = 0x0100007f;
  const slab = new Uint8Array(65_536);
  return addon.openSocket(
    local,
    new Int32Array(16),
    0,
    0,
    8,
    3,
    1,
    0,
    slab,
    new Int32Array(16),
    () => {},
  );
}

nativeTest('handles that were released, or never given, are refused', () => {
  const keys = sealKeys();
  const wrongDirection = openKeys();
  const buffer = new Uint8Array(100);
  const row = Int32Array.of(0, 11, 2, 30, 0, 1, 0, 0);
  addon.seal(keys, buffer, row, 1);
  addon.releaseKeys(keys);
  addon.releaseKeys(keys);
  const gone = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
  for (const handle of [keys, wrongDirection, 0, 1, 2 ** 53 - 1]) {
    assert.throws(() => addon.seal(handle, buffer, row, 1), gone);
  }
  assert.throws(() => addon.seal(-1, buffer, row, 1), gone);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 0, 0, ...LABELS, keys), gone);
  const otherAead = addon.deriveKeys(SCRATCH, 0, 1, 0, ...LABELS, 0);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 0, 0, ...LABELS, otherAead), gone);
  addon.releaseKeys(addon.deriveKeys(SCRATCH, 0, 1, 0, ...LABELS, otherAead));
  addon.releaseKeys(otherAead);
  assert.throws(() => addon.agree(SCRATCH, 12_345, 32), gone);
  assert.throws(() => addon.socketState(12_345), gone);
  addon.releaseKeys(wrongDirection);
});

nativeTest('a handle is never used twice', () => {
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const keys = sealKeys();
    assert.ok(!seen.has(keys));
    seen.add(keys);
    addon.releaseKeys(keys);
  }
});

nativeTest('a key share and a socket are gone after their last use', () => {
  const share = addon.generateKeyShare(SCRATCH, 0);
  assert.equal(addon.agree(SCRATCH, share, 32), 32);
  assert.throws(() => addon.agree(SCRATCH, share, 32), RangeError);
  const socket = openSocket();
  addon.closeSocket(socket);
  assert.throws(() => addon.closeSocket(socket), RangeError);
  assert.throws(
    () => addon.send(socket, new Uint8Array(1), 0, 1, 1, 0, new Int32Array(16)),
    RangeError,
  );
});

nativeTest('what is released is gone: nothing piles up', () => {
  const before = addon.liveObjects();
  for (let i = 0; i < 100; i++) {
    const keys = sealKeys();
    addon.releaseKeyShare(addon.generateKeyShare(SCRATCH, 1));
    addon.closeSocket(openSocket());
    addon.releaseKeys(keys);
  }
  assert.equal(addon.liveObjects(), before);
});

nativeTest('a seal table is checked whole before the first packet is touched', () => {
  const keys = sealKeys();
  const good = [0, 11, 2, 30, 0, 1, 0, 0];
  const bad: readonly (readonly number[])[] = [
    [-1, 11, 2, 30, 0, 1, 0, 0],
    [44, 11, 2, 30, 0, 1, 0, 0],
    [2 ** 31 - 1, 11, 2, 30, 0, 1, 0, 0],
    [0, 2, 2, 30, 0, 1, 0, 0],
    [0, 11, 0, 30, 0, 1, 0, 0],
    [0, 11, 5, 30, 0, 1, 0, 0],
    [0, 11, 2, -1, 0, 1, 0, 0],
    [0, 11, 2, 1, 0, 1, 0, 0],
    [0, -5, 2, 30, 0, 1, 0, 0],
    [0, 2 ** 31 - 1, 2, 2 ** 31 - 1, 0, 1, 0, 0],
  ];
  for (const row of bad) {
    const buffer = new Uint8Array(100).fill(7);
    assert.throws(() => addon.seal(keys, buffer, Int32Array.of(...good, ...row), 2), RangeError);
    assert.ok(
      buffer.every((octet) => octet === 7),
      row.join(),
    );
  }
  const buffer = new Uint8Array(100);
  assert.throws(() => addon.seal(keys, buffer, Int32Array.of(...good), 2), RangeError);
  assert.throws(() => addon.seal(keys, buffer, Int32Array.of(...good), 2 ** 31), RangeError);
  addon.seal(keys, buffer.subarray(0, 57), Int32Array.of(...good), 1);
  assert.throws(() => addon.seal(keys, buffer.subarray(0, 56), Int32Array.of(...good), 1));
  addon.releaseKeys(keys);
});

nativeTest('packets to open lie inside of their buffer', () => {
  const keys = openKeys();
  const buffer = new Uint8Array(100);
  for (const [offset, number] of [
    [0, 0],
    [50, 50],
    [50, 10],
    [0, 81],
    [2 ** 30, 2 ** 30],
    [-1, 5],
    [0.5, 5],
  ] as const) {
    assert.throws(() => addon.unmask(keys, buffer, offset, number), RangeError);
  }
  addon.unmask(keys, buffer, 0, 80);
  assert.throws(() => addon.open(keys, buffer, 1, 20, 100, 0, 0), RangeError);
  assert.throws(() => addon.open(keys, buffer, 0, 20, 100, 0, 2 ** 53), RangeError);
  assert.throws(() => addon.open(keys, buffer, 0, 20, 100, 2 ** 32, 0), RangeError);
  assert.throws(() => addon.open(keys, buffer, Number.NaN, 20, 100, 0, 0), RangeError);
  assert.throws(() => addon.openShort(keys, buffer, 0, 81, 100, 0, -1, 0), RangeError);
  assert.throws(() => addon.openShort(keys, buffer, 1, 20, 100, 0, -1, 0), RangeError);
  assert.throws(() => addon.openShort(keys, buffer, 20, 20, 60, 0, -1, 0), RangeError);
  assert.throws(() => addon.openShort(keys, buffer, 0, 20, 100, 0, -2, 0), RangeError);
  assert.equal(addon.open(keys, buffer, 0, 85, 100, 0, 0), -1, 'shorter than a tag');
  assert.equal(addon.open(keys, buffer, 0, 2 ** 30, 100, 0, 0), -1);
  addon.releaseKeys(keys);
});

nativeTest('runs to send lie inside of their buffer', () => {
  const socket = openSocket();
  const buffer = new Uint8Array(100);
  const row = new Int32Array(16);
  const send = (start: number, length: number, segmentSize: number, ecn = 0): number =>
    addon.send(socket, buffer, start, length, segmentSize, ecn, row);
  assert.throws(() => send(0, 101, 10), RangeError);
  assert.throws(() => send(50, 51, 10), RangeError);
  assert.throws(() => send(-1, 10, 10), RangeError);
  assert.throws(() => send(0, 10, 0), RangeError);
  assert.throws(() => send(0, 10, 65_536), RangeError);
  assert.throws(() => send(0, 10, 10, 4), RangeError);
  assert.throws(() => addon.send(socket, buffer, 0, 1, 1, 0, row.subarray(1)), RangeError);
  assert.ok(send(0, 10, 10) < 0, 'no address: the system refuses');
  addon.closeSocket(socket);
});

nativeTest('lengths of scratch memory are checked', () => {
  assert.throws(() => addon.hash(SCRATCH, 0, 4097), RangeError);
  assert.throws(() => addon.hash(SCRATCH, 2, 10), RangeError);
  assert.throws(() => addon.hmac(SCRATCH, 0, 4096, 1), RangeError);
  assert.throws(() => addon.advanceKeySchedule(SCRATCH, 0, 6, 32), RangeError);
  assert.throws(() => addon.advanceKeySchedule(SCRATCH, 0, 1, 4097 - 2 * 48), RangeError);
  assert.throws(() => addon.finishedMac(SCRATCH, 2), RangeError);
  assert.throws(() => addon.hash(new Uint8Array(4095), 0, 10), RangeError);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 0, 0, 'x'.repeat(33), 'y', 'z', 0), RangeError);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 0, 0, '', 'y', 'z', 0), RangeError);
  assert.throws(() => addon.deriveKeys(SCRATCH, 0, 3, 0, 'x', 'y', 'z', 0), RangeError);
});

nativeTest('detached buffers are as if they were empty', () => {
  const keys = sealKeys();
  const row = Int32Array.of(0, 11, 2, 30, 0, 1, 0, 0);
  const detached = new Uint8Array(100);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  assert.throws(() => addon.seal(keys, detached, row, 1), RangeError);
  structuredClone(row.buffer, { transfer: [row.buffer] });
  assert.throws(() => addon.seal(keys, new Uint8Array(100), row, 1), RangeError);
  addon.releaseKeys(keys);
});

nativeTest('scratch memory that was detached is refused', () => {
  const scratch = new Uint8Array(4096);
  structuredClone(scratch.buffer, { transfer: [scratch.buffer] });
  assert.throws(() => addon.hash(scratch, 0, 10), RangeError);
  assert.throws(() => addon.generateKeyShare(scratch, 0), RangeError);
  assert.throws(() => addon.deriveKeys(scratch, 0, 0, 0, ...LABELS, 0), RangeError);
});

nativeTest('a receive slab that was detached is an error of the socket', async () => {
  const local = new Int32Array(16);
  local[4] = 4;
  local[6] = 0x0100007f;
  const slab = new Uint8Array(65_536);
  const table = new Int32Array(16);
  let socket = 0;
  const report = await new Promise<readonly number[]>((resolve) => {
    socket = addon.openSocket(local, new Int32Array(16), 0, 0, 8, 3, 1, 0, slab, table, (...of) => {
      addon.closeSocket(socket);
      resolve(of);
    });
    structuredClone(slab.buffer, { transfer: [slab.buffer] });
    addon.send(socket, new Uint8Array(10), 0, 10, 10, 0, local);
  });
  assert.deepEqual(report, [2, 14], 'failed, EFAULT');
});

nativeTest('keys in scratch memory are wiped once they are installed', () => {
  const scratch = new Uint8Array(4096).fill(9, 0, 48);
  addon.releaseKeys(addon.createKeys(scratch, 0, 0));
  assert.ok(scratch.subarray(0, 44).every((octet) => octet === 0));
  scratch.fill(9, 0, 48);
  addon.releaseKeys(addon.deriveKeys(scratch, 0, 0, 0, ...LABELS, 0));
  assert.ok(scratch.every((octet) => octet === 0));
});

const number = fc.oneof(
  fc.integer({ min: -2, max: 130 }),
  fc.constantFrom(0, 1, 2, 3, 4, 16, 20, 32, 4095, 4096, 4097, 65_535, 65_536),
  fc.integer(),
  fc.double(),
  fc.constantFrom(2 ** 30, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 31)),
);
const keys = nativeStatus.available ? [sealKeys(), openKeys()] : [0];
const handle = fc.oneof(fc.constantFrom(...keys), number);
const octets = fc.uint8Array({ maxLength: 130 });
const memory = fc.constantFrom(SCRATCH, new Uint8Array(4095));
const words = fc.array(number, { maxLength: 40 }).map((values) => Int32Array.from(values));
const other: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, true, 10n, Symbol.iterator, () => {}),
  fc.string(),
  fc.constantFrom(new Float64Array(8), new DataView(new ArrayBuffer(8)), new ArrayBuffer(8), {}),
);
const any = fc.oneof({ weight: 6, arbitrary: number }, octets, words, handle, other);
const calls: readonly (readonly [keyof NativeAddon, fc.Arbitrary<unknown[]>])[] = [
  ['seal', fc.tuple(handle, octets, words, fc.integer({ min: 0, max: 5 }))],
  ['unmask', fc.tuple(handle, octets, number, number)],
  ['open', fc.tuple(handle, octets, number, number, number, number, number)],
  [
    'openShort',
    fc.tuple(
      handle,
      octets,
      number,
      number,
      number,
      number,
      number,
      fc.integer({ min: 0, max: 2 }),
    ),
  ],
  [
    'copyPieces',
    fc.tuple(
      octets,
      fc.oneof(fc.array(fc.oneof(octets, words), { maxLength: 10 }), any),
      words,
      fc.integer({ min: 0, max: 5 }),
    ),
  ],
  [
    'openRun',
    fc.tuple(
      handle,
      octets,
      number,
      number,
      number,
      number,
      number,
      number,
      fc.integer({ min: 0, max: 2 }),
      fc.oneof(fc.constant(new Float64Array(5)), octets),
    ),
  ],
  ['hash', fc.tuple(memory, number, number)],
  ['hmac', fc.tuple(memory, number, number, number)],
  ['advanceKeySchedule', fc.tuple(memory, number, number, number)],
  ['finishedMac', fc.tuple(memory, number)],
  ['createKeys', fc.tuple(memory, number, number)],
  ['agree', fc.tuple(memory, number, number)],
  ['x25519', fc.tuple(memory)],
  ['generateKeyShare', fc.tuple(memory, number)],
  ['socketState', fc.tuple(number)],
  ['reserveSocket', fc.tuple(words, number, number, number, number)],
  ['reservedDescriptor', fc.tuple(number)],
  [
    'deriveKeys',
    fc.tuple(memory, number, number, number, fc.string(), fc.string(), fc.string(), handle),
  ],
];

nativeTest('calls with arguments near the borders throw an exception, or work', () => {
  for (const [name, given] of calls) {
    fc.assert(
      fc.property(given, (values) => survives(name, values)),
      { numRuns: RUNS },
    );
  }
});

nativeTest('calls with any arguments throw an exception, or work', () => {
  const names = Object.keys(addon).filter((name) => name !== 'releaseKeys');
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(any, { maxLength: 11 }), (name, values) =>
      survives(name as keyof NativeAddon, values),
    ),
    { numRuns: 10 * RUNS },
  );
});

nativeTest('sends of any row and run throw an exception, or work', () => {
  const socket = openSocket();
  const row = fc.array(number, { minLength: 14, maxLength: 17 });
  const shaped = fc.record(
    { family: fc.constantFrom(0, 4, 6, 5), hasLocal: fc.constantFrom(0, 1, 2) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(row, shaped, octets, number, number, number, number, (columns, shape, ...run) => {
      const destination = Int32Array.from(columns);
      destination[4] = shape.family;
      destination[15] = shape.hasLocal;
      const [buffer, start, length, segmentSize, ecn] = run;
      survives('send', [socket, buffer, start, length, segmentSize, ecn, destination]);
    }),
    { numRuns: RUNS },
  );
  addon.closeSocket(socket);
});

/** Nothing but the three kinds of exception comes out; what was made is released. */
function survives(name: keyof NativeAddon, values: readonly unknown[]): void {
  const call = addon[name] as (...given: readonly unknown[]) => unknown;
  let result: unknown;
  try {
    result = call(...values);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    assert.match(`${code}`, /^(ERR_|E[A-Z]+$)/, `${name}: ${String(error)}`);
    return;
  }
  if (name === 'createKeys' || name === 'deriveKeys') addon.releaseKeys(result as number);
  if (name === 'generateKeyShare') addon.releaseKeyShare(result as number);
  if (name === 'openSocket') addon.closeSocket(result as number);
  if (name === 'openTun') addon.closeTun(result as number);
  if (name === 'reserveSocket') addon.releaseReservation(result as number);
}
