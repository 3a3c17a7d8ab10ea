import assert from 'node:assert/strict';
import test from 'node:test';
import { compareSolutions } from '../src/compare/comparison.ts';
import { markdownOf } from '../src/compare/markdown.ts';
import { sectionsOf } from '../src/compare/sections.ts';

const LATENCIES = { n1: 1, n4: 1, sbi: 0, access: 2 };

test('solutions #4, #6 and #Y are told apart by what was measured', async () => {
  const comparison = await compareSolutions({
    latencies: LATENCIES,
    only: ['4', '6', 'Y'],
    withExperiments: false,
  });
  const [four, six, y] = comparison.rows;
  assert.ok(four !== undefined && six !== undefined && y !== undefined);

  const [ofFour, ofSix, ofY] = [four, six, y].map(({ extra }) => extra.signalling);
  assert.ok(ofFour !== undefined && ofSix !== undefined && ofY !== undefined);
  assert.equal(ofFour.SBI.messages, 2, 'the key request of the SMF and its answer');
  assert.equal(ofFour.N4.messages, 0, 'the key rides in the establishment');
  assert.ok(ofFour.N4.bytes >= 32 + four.kid.octets);
  assert.equal(ofSix.N1.messages, 1, 'step 5b');
  assert.equal(ofSix.N4.messages, 4, 'the UPF asks, the SMF installs');
  assert.equal(ofY.N4.messages + ofY.SBI.messages + ofY.N1.messages, 0);
  assert.equal(ofY.N4.bytes, 0);
  assert.ok(ofY.N1.bytes > 0, 'the container that indicates the PSK');
  assert.ok(comparison.baseline.certificateOctets > 300);

  // Request and Accept, each over N1, and a handshake of one round trip over the access.
  assert.ok(four.requestToAcceptMs.least >= 2 * LATENCIES.n1 + 2 * LATENCIES.n4);
  assert.ok(four.acceptToHandshakeMs.least >= 2 * LATENCIES.access);

  assert.deepEqual(
    [four.holders.amf, four.holders.smf, four.holders.gnb],
    ['holds', 'holds', 'no'],
  );
  assert.deepEqual([y.holders.ue, y.holders.upf, y.holders.smf], ['holds', 'holds', 'no']);
  assert.deepEqual(
    [four, six, y].map(({ reestablished, otherAccess }) => [reestablished, otherAccess]),
    [
      ['new', 'same'],
      ['new', 'new'],
      ['same', 'same'],
    ],
  );
  assert.deepEqual([four.update?.procedure, six.update?.procedure], ['testbed', 'study']);
  assert.equal(y.update, null);
  assert.equal(six.update?.outageMs.makeFirst, 0);
  assert.ok((six.update?.outageMs.breakFirst ?? 0) > 0);

  assert.deepEqual(four.kid.reveals, ['H(SUPI), open to search', 'PDU session ID']);
  assert.deepEqual([four.kid.octets, four.kid.linkable], [33, true]);
  assert.deepEqual([six.kid.reveals, six.kid.linkable], [[], false]);

  const sections = sectionsOf(comparison);
  for (const { columns, rows } of sections) {
    assert.ok(rows.length >= 3);
    assert.ok(rows.every((row) => row.length === columns.length));
  }
  assert.match(sections.at(-1)?.title ?? '', /Defects/);
  const document = markdownOf(['An introduction.'], sections);
  assert.equal(document.match(/^## /gm)?.length, sections.length);
  assert.doesNotMatch(document, /undefined|NaN/);
});

test('raw and imported PSKs have a row each; what an imported identity carries beside the KID is read', async () => {
  const { rows } = await compareSolutions({
    latencies: LATENCIES,
    only: ['4'],
    pskModes: ['raw', 'imported'],
    withExperiments: false,
  });
  assert.deepEqual(
    rows.map(({ pskMode, kid }) => [pskMode, kid.octets, kid.different]),
    [
      ['raw', 33, 1],
      ['imported', 33, 1],
    ],
  );
  const [raw, imported] = rows;
  assert.equal(raw?.kid.identityOctets, 33);
  assert.ok((imported?.kid.identityOctets ?? 0) > 33 + 8);
  assert.ok(imported?.kid.reveals.includes('UPF identity (import context)'));
  assert.ok(imported?.kid.reveals.includes('PDU session ID (import context)'));
});

test('experiments run with the solutions that are compared', async () => {
  const { experiments } = await compareSolutions({ latencies: LATENCIES, only: ['2'] });
  assert.deepEqual(
    experiments.map(({ id }) => id),
    ['D4', 'D5', 'D6', 'D26'],
  );
  assert.ok(experiments.every(({ verdict }) => verdict === 'confirmed'));
});
