import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { createTransmit } from '@mpquic/wire';
import { ANSWER_LIMIT, Stateless } from '../src/stateless.ts';
import { CLIENT, notBuilt, SERVER } from './engine-pair.ts';

/** A packet of a version that nobody speaks, in a datagram of full size. RFC 8999 §5.1 */
function unknownVersion(): Uint8Array {
  const payload = new Uint8Array(1200);
  payload.set([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2, 9, 9]);
  return payload;
}

function stateless(): Stateless {
  return new Stateless(nodeCryptoProvider, nodeCryptoProvider.random);
}

test('Version Negotiation names version 1, and the IDs the other way round', {
  skip: notBuilt,
}, () => {
  const answers = stateless();
  const payload = unknownVersion();
  const header = answers.readHeader(payload);
  assert.deepEqual(header?.destination, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  assert.equal(header.negotiates, true);
  answers.answerVersionNegotiation({ local: SERVER, remote: CLIENT, payload });
  const into = createTransmit(2000);
  assert.equal(answers.next(into), true);
  const expected = [0, 0, 0, 0, 2, 9, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1];
  assert.deepEqual([...into.buffer.subarray(1, into.length)], expected);
  assert.deepEqual([into.local, into.remote], [SERVER, CLIENT]);
  assert.equal(answers.next(into), false);
});

test('answers beyond the limit are not made', { skip: notBuilt }, () => {
  const answers = stateless();
  const payload = unknownVersion();
  answers.readHeader(payload);
  for (let i = 0; i < ANSWER_LIMIT + 10; i++) {
    answers.answerVersionNegotiation({ local: SERVER, remote: CLIENT, payload });
  }
  const into = createTransmit(2000);
  let count = 0;
  while (answers.next(into)) count += 1;
  assert.equal(count, ANSWER_LIMIT);
});

test('what is no QUIC packet has no header', { skip: notBuilt }, () => {
  const answers = stateless();
  for (const payload of [new Uint8Array(0), Uint8Array.of(0xc0), Uint8Array.of(0x40, 1, 2)]) {
    assert.equal(answers.readHeader(payload), undefined);
  }
});
