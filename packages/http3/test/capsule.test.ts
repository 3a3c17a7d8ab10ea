import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '@mpquic/wire';
import fc from 'fast-check';
import { CapsuleParser, encodeCapsule } from '../src/capsule.ts';
import { Http3StreamError } from '../src/error-code.ts';

function parse(parts: readonly Uint8Array[], known: readonly (readonly [number, number])[]) {
  const taken: string[] = [];
  const parser = new CapsuleParser({
    known: new Map(known),
    take: (type, value) => taken.push(`${type}:${toHex(value)}`),
  });
  for (const part of parts) parser.push(part);
  return { taken, between: parser.betweenCapsules };
}

test('any capsules survive any cut; unknown ones are skipped', () => {
  const capsule = fc.record({ type: fc.nat(300), value: fc.uint8Array({ maxLength: 70 }) });
  fc.assert(
    fc.property(
      fc.array(capsule, { maxLength: 8 }),
      fc.integer({ min: 1, max: 50 }),
      (all, cut) => {
        const octets = Uint8Array.from(
          all.flatMap(({ type, value }) => [...encodeCapsule(type, value)]),
        );
        const parts: Uint8Array[] = [];
        for (let at = 0; at < octets.length; at += cut) parts.push(octets.slice(at, at + cut));
        const known = all.filter(({ type }) => type % 2 === 0);
        const { taken, between } = parse(
          parts,
          known.map(({ type }) => [type, 100] as const),
        );
        assert.deepEqual(
          taken,
          known.map(({ type, value }) => `${type}:${toHex(value)}`),
        );
        assert.equal(between, true);
      },
    ),
  );
});

test('an unknown capsule of 2^61 octets is skipped without being held', () => {
  const { taken, between } = parse([fromHex('29e000000000000000'), new Uint8Array(100_000)], []);
  assert.deepEqual(taken, []);
  assert.equal(between, false);
});

test('a known capsule that is too long is malformed before it came', () => {
  assert.throws(() => parse([fromHex('0180010000')], [[1, 1_000]]), Http3StreamError);
});

test('a value is split in two parts without being joined first', () => {
  assert.equal(toHex(encodeCapsule(0, fromHex('00'), fromHex('aabb'))), '000300aabb');
});
