/**
 * Whatever JavaScript hands to the addon, the addon throws or works: it never touches memory that is not its own.
 * scripts/test-native-asan.sh runs this with AddressSanitizer looking on.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type NativeAddon, nativeStatus } from '../src/addon.ts';
import {
  detached,
  loopbackRow,
  openKeys,
  openSocket,
  resized,
  SCRATCH,
  sealKeys,
  socketArguments,
} from './boundary-objects.ts';
import { native as addon, nativeTest } from './loopback.ts';

const RUNS = Number(process.env['MPQUIC_FUZZ_RUNS'] ?? 300);
const number = fc.oneof(
  fc.integer({ min: -2, max: 130 }),
  fc.constantFrom(0, 1, 2, 3, 4, 16, 20, 32, 4095, 4096, 4097, 65_535, 65_536),
  fc.integer(),
  fc.double(),
  fc.constantFrom(2 ** 30, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 31)),
);
const keys = nativeStatus.available ? [sealKeys(), openKeys()] : [0];
const handle = fc.oneof(fc.constantFrom(...keys), number);
const octets = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 130 }) },
  fc.nat({ max: 130 }).map(detached),
  fc.nat({ max: 130 }).map((length) => new Uint8Array(new SharedArrayBuffer(length))),
  fc.tuple(fc.nat({ max: 130 }), fc.nat({ max: 130 }), fc.boolean()).map(resized),
);
const memory = fc.constantFrom(SCRATCH, new Uint8Array(4095));
const words = fc.array(number, { maxLength: 40 }).map((values) => Int32Array.from(values));
const addressRow = fc
  .tuple(fc.array(number, { minLength: 12, maxLength: 17 }), fc.constantFrom(0, 4, 6, 5))
  .map(([columns, family]) => {
    const row = Int32Array.from(columns);
    row[4] = family;
    return row;
  });
const other: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, true, 10n, Symbol.iterator, () => {}),
  fc.string(),
  fc.constantFrom(new Float64Array(8), new DataView(new ArrayBuffer(8)), new ArrayBuffer(8), {}),
);
const any = fc.oneof({ weight: 6, arbitrary: number }, octets, words, handle, other);
/** Arguments that work, one of them replaced. */
const butOne = (good: () => unknown[]): fc.Arbitrary<unknown[]> =>
  fc.tuple(fc.nat({ max: 10 }), fc.oneof(any, addressRow)).map(([at, bad]) => {
    const given = good();
    if (at < given.length) given[at] = bad;
    return given;
  });
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
  ['reserveSocket', butOne(() => [loopbackRow(), 0, 0, 3, 1])],
  ['openSocket', butOne(socketArguments)],
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
