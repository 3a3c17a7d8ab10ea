import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SpareConnectionIds } from '../src/paths/spare-connection-ids.ts';

const connectionId = fc.uint8Array({ minLength: 0, maxLength: 20 });
const token = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Distinct sequence numbers, some of which need more than 32 bits. */
const spares = fc.uniqueArray(fc.record({ sequence: fc.maxSafeNat(), id: connectionId, token }), {
  selector: ({ sequence }) => sequence,
  maxLength: 8,
});

test('spares come back as they were given, lowest sequence number first', () => {
  fc.assert(
    fc.property(spares, (given) => {
      const table = new SpareConnectionIds();
      for (const { sequence, id, token: octets } of given) table.add(sequence, id, octets);
      assert.equal(table.count, given.length);
      for (const wanted of given.toSorted((a, b) => a.sequence - b.sequence)) {
        assert.equal(table.lowest, wanted.sequence);
        assert.deepEqual(table.lowestId, wanted.id);
        assert.deepEqual(table.lowestToken, wanted.token);
        table.dropLowest();
      }
      assert.equal(table.count, 0);
      assert.equal(table.lowest, undefined);
    }),
  );
});

test('a spare is found by its octets and contradicted by any others', () => {
  fc.assert(
    fc.property(
      spares.filter((given) => new Set(given.map(({ id }) => id.toString())).size === given.length),
      fc.nat(19),
      fc.nat(15),
      (given, idAt, tokenAt) => {
        const table = new SpareConnectionIds();
        for (const { sequence, id, token: octets } of given) table.add(sequence, id, octets);
        for (const { sequence, id, token: octets } of given) {
          assert.equal(table.find(id), sequence);
          assert.equal(table.contradicts(sequence, id, octets), false);
          assert.equal(table.contradicts(sequence, id, changed(octets, tokenAt)), true);
          if (idAt < id.length) {
            assert.equal(table.contradicts(sequence, changed(id, idAt), octets), true);
          }
          assert.equal(table.contradicts(sequence, Uint8Array.of(...id, 0), octets), true);
        }
      },
    ),
  );
});

function changed(octets: Uint8Array, at: number): Uint8Array {
  return octets.map((octet, i) => (i === at ? octet ^ 0x80 : octet));
}
