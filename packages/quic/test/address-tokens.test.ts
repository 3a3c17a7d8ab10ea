import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { SeededRandom } from '@mpquic/testkit';
import { type Address, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { AddressTokens } from '../src/set/address-tokens.ts';
import { QUIC_V1, QUIC_V2 } from '../src/wire/versions.ts';

const remote: Address = { host: '192.0.2.7', port: 4000 };
const original = utf8('original');
const source = utf8('retry-id');
const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;

function tokens(seed = 1): AddressTokens {
  return new AddressTokens(nodeCryptoProvider, new SeededRandom(seed));
}

test('RFC 9000 §8.1.3: a Retry token holds for its address, its connection ID and a short time', () => {
  const subject = tokens();
  const token = subject.issueRetry(remote, original, source, QUIC_V1, 5 * SECOND);
  assert.deepEqual(subject.checkRetry(token, remote, source, QUIC_V1, 6 * SECOND), original);
  const otherPort = { ...remote, port: 4001 };
  assert.equal(subject.checkRetry(token, otherPort, source, QUIC_V1, 6 * SECOND), undefined);
  const otherHost = { ...remote, host: '192.0.2.8' };
  assert.equal(subject.checkRetry(token, otherHost, source, QUIC_V1, 6 * SECOND), undefined);
  assert.equal(subject.checkRetry(token, remote, utf8('another!'), QUIC_V1, 6 * SECOND), undefined);
  assert.equal(
    subject.checkRetry(token, remote, source, QUIC_V1, 16 * SECOND),
    undefined,
    'too late',
  );
  assert.equal(
    tokens(2).checkRetry(token, remote, source, QUIC_V1, 6 * SECOND),
    undefined,
    'other keys',
  );
});

test('RFC 9000 §8.1.4: a token of NEW_TOKEN counts once, from its host, at any port', () => {
  const subject = tokens();
  const token = subject.issueNewToken(remote, QUIC_V1, 0);
  assert.equal(
    subject.useNewToken(token, { host: '192.0.2.8', port: 4000 }, QUIC_V1, SECOND),
    false,
  );
  assert.equal(subject.useNewToken(token, { ...remote, port: 9 }, QUIC_V1, SECOND), true);
  assert.equal(subject.useNewToken(token, remote, QUIC_V1, SECOND), false, 'a second time');
});

test('RFC 9000 §8.1.1: one kind of token does not pass for the other', () => {
  const subject = tokens();
  const retry = subject.issueRetry(remote, original, source, QUIC_V1, 0);
  const later = subject.issueNewToken(remote, QUIC_V1, 0);
  assert.equal(subject.useNewToken(retry, remote, QUIC_V1, 0), false);
  assert.equal(subject.checkRetry(later, remote, source, QUIC_V1, 0), undefined);
  retry[0] = later[0] as number;
  assert.equal(subject.useNewToken(retry, remote, QUIC_V1, 0), false, 'the kind is authenticated');
});

test('keys rotate: a token is good for a day, under the key that it was given under', () => {
  const subject = tokens();
  const early = subject.issueNewToken(remote, QUIC_V1, 0);
  const late = subject.issueNewToken(remote, QUIC_V1, 23 * HOUR);
  assert.equal(subject.useNewToken(early, remote, QUIC_V1, 25 * HOUR), false, 'too old');
  assert.equal(subject.useNewToken(late, remote, QUIC_V1, 25 * HOUR), true, 'by the key before');
  assert.equal(subject.useNewToken(late, remote, QUIC_V1, 26 * HOUR), false, 'still known as used');
  const forgotten = subject.issueNewToken(remote, QUIC_V1, 26 * HOUR);
  subject.issueNewToken(remote, QUIC_V1, 50 * HOUR);
  subject.issueNewToken(remote, QUIC_V1, 75 * HOUR);
  assert.equal(subject.useNewToken(forgotten, remote, QUIC_V1, 75 * HOUR), false);
});

test('RFC 9000 §8.1.3: a token that comes back does not tell on which connection it was given', () => {
  const subject = tokens();
  const first = subject.issueNewToken(remote, QUIC_V1, 2 * HOUR);
  const second = subject.issueNewToken(remote, QUIC_V1, 3 * HOUR - 1);
  // Kind, generation and time; nonce and MAC look random, and no two are alike.
  assert.deepEqual(first.subarray(0, 2), second.subarray(0, 2));
  assert.deepEqual(first.subarray(14, 18), second.subarray(14, 18));
  assert.notDeepEqual(first.subarray(2, 14), second.subarray(2, 14));
  assert.notDeepEqual(first.subarray(18), second.subarray(18));
});

test('any octets are a token or none', () => {
  const subject = tokens();
  const valid = subject.issueRetry(remote, original, source, QUIC_V1, 0);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(255), (octets, at) => {
      assert.equal(subject.checkRetry(octets, remote, source, QUIC_V1, 0), undefined);
      assert.equal(subject.useNewToken(octets, remote, QUIC_V1, 0), false);
      const changed = valid.slice();
      changed[at % changed.length] = (changed[at % changed.length] as number) ^ 0x80;
      assert.equal(subject.checkRetry(changed, remote, source, QUIC_V1, 0), undefined);
    }),
  );
});

test('RFC 9369 §4.1, §5: a token of one version of QUIC does not serve another', () => {
  const subject = tokens();
  const retry = subject.issueRetry(remote, original, source, QUIC_V1, 0);
  assert.equal(subject.checkRetry(retry, remote, source, QUIC_V2, 0), undefined);
  const later = subject.issueNewToken(remote, QUIC_V2, 0);
  assert.equal(subject.useNewToken(later, remote, QUIC_V1, 0), false);
  assert.equal(subject.useNewToken(later, remote, QUIC_V2, 0), true);
});
