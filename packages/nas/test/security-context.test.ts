import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  type Access,
  encodeMm,
  NAS_COUNT_LIMIT,
  NasCountExhausted,
  NasCounts,
  NasSecurityContext,
  type ReceivedMessage,
  readProtectedMessage,
  SecurityHeaderType,
  type SelectedAlgorithms,
} from '@mpquic/nas';
import { UsageError } from '@mpquic/wire';

const encryptionKey = new Uint8Array(16).fill(0xe1);
const integrityKey = new Uint8Array(16).fill(0x1e);
const NEA2_NIA2 = { encryption: 2, integrity: 2 } as const;
const { integrityProtected, integrityProtectedAndCiphered } = SecurityHeaderType;
const plain = encodeMm({ type: 'mmStatus', cause: 111 });

interface Ends {
  readonly ue: NasSecurityContext;
  readonly network: NasSecurityContext;
}

function ends(algorithms: SelectedAlgorithms = NEA2_NIA2, start = 0): Ends {
  const end = (role: 'ue' | 'network', counts: () => NasCounts): NasSecurityContext =>
    new NasSecurityContext({
      provider: nodeCryptoProvider,
      role,
      algorithms,
      encryptionKey,
      integrityKey,
      counts: { '3gpp': counts(), 'non-3gpp': counts() },
    });
  return {
    ue: end('ue', () => new NasCounts(start, -1)),
    network: end('network', () => new NasCounts(0, start - 1)),
  };
}

function accepted(received: ReturnType<NasSecurityContext['unprotect']>): ReceivedMessage {
  if (typeof received === 'string') assert.fail(`discarded: ${received}`);
  return received;
}

test('each direction and access counts on its own, and the caller reads the COUNT', () => {
  const { ue, network } = ends();
  for (const access of ['3gpp', 'non-3gpp'] as const) {
    for (const count of [0, 1, 2]) {
      const up = ue.protect(plain, integrityProtectedAndCiphered, access);
      assert.equal(up.count, count);
      const { headerType, ...received } = accepted(network.unprotect(up.bytes, access));
      assert.deepEqual(received, { plain, count });
      assert.equal(headerType, integrityProtectedAndCiphered);
    }
    const down = network.protect(plain, integrityProtected, access);
    assert.equal(accepted(ue.unprotect(down.bytes, access)).count, 0);
  }
  assert.equal(network.counts['3gpp'].lastReceived, 2);
  assert.equal(network.counts['3gpp'].nextSent, 1);
});

test('a ciphered payload is not readable, an integrity protected one is', () => {
  const { ue } = ends();
  const ciphered = ue.protect(plain, integrityProtectedAndCiphered, '3gpp').bytes;
  assert.notDeepEqual(readProtectedMessage(ciphered)?.payload, plain);
  const readable = ue.protect(plain, integrityProtected, '3gpp').bytes;
  assert.deepEqual(readProtectedMessage(readable)?.payload, plain);
  const nea0 = ends({ encryption: 0, integrity: 2 });
  const bytes = nea0.ue.protect(plain, integrityProtectedAndCiphered, '3gpp').bytes;
  assert.deepEqual(readProtectedMessage(bytes)?.payload, plain, 'NEA0 ciphers nothing');
});

test('a replayed message is refused, and so is one that was overtaken', () => {
  const { ue, network } = ends();
  const [first, second] = [1, 2].map(() => ue.protect(plain, integrityProtected, '3gpp').bytes);
  accepted(network.unprotect(second as Uint8Array, '3gpp'));
  assert.equal(network.unprotect(second as Uint8Array, '3gpp'), 'replayed');
  assert.equal(network.unprotect(first as Uint8Array, '3gpp'), 'replayed');
  assert.equal(network.counts['3gpp'].lastReceived, 1);
});

test('a message of another access, direction or key does not verify', () => {
  const { ue, network } = ends();
  const { bytes } = ue.protect(plain, integrityProtected, '3gpp');
  assert.equal(network.unprotect(bytes, 'non-3gpp'), 'macMismatch', 'other connection identifier');
  assert.equal(ue.unprotect(bytes, '3gpp'), 'macMismatch', 'reflected');
  const other = new NasSecurityContext({
    provider: nodeCryptoProvider,
    role: 'network',
    algorithms: NEA2_NIA2,
    encryptionKey,
    integrityKey: encryptionKey,
  });
  assert.equal(other.unprotect(bytes, '3gpp'), 'macMismatch');
});

test('every changed bit is found and changes nothing', () => {
  const { ue, network } = ends();
  const { bytes } = ue.protect(plain, integrityProtectedAndCiphered, '3gpp');
  for (let bit = 16; bit < 8 * bytes.length; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.equal(network.unprotect(changed, '3gpp'), 'macMismatch', `bit ${bit}`);
  }
  assert.equal(accepted(network.unprotect(bytes, '3gpp')).count, 0);
});

test('the overflow counter follows the sequence number over lost messages', () => {
  const { ue, network } = ends();
  let last = 0;
  for (let i = 0; i < 600; i++) {
    const { bytes, count } = ue.protect(plain, integrityProtected, '3gpp');
    if (i % 250 !== 0) continue;
    assert.equal(accepted(network.unprotect(bytes, '3gpp')).count, count);
    last = count;
  }
  assert.equal(last, 500);
});

test('a COUNT is used up after 2^24 messages, and the reserve warns before', () => {
  const { ue, network } = ends(NEA2_NIA2, NAS_COUNT_LIMIT - 257);
  assert.equal(ue.counts['3gpp'].reached(), false);
  let last = ue.protect(plain, integrityProtected, '3gpp');
  assert.equal(ue.counts['3gpp'].reached(), true);
  for (let i = 0; i < 256; i++) last = ue.protect(plain, integrityProtected, '3gpp');
  assert.equal(last.count, NAS_COUNT_LIMIT - 1);
  assert.throws(() => ue.protect(plain, integrityProtected, '3gpp'), NasCountExhausted);
  network.counts['3gpp'].accept(NAS_COUNT_LIMIT - 2);
  assert.equal(accepted(network.unprotect(last.bytes, '3gpp')).count, NAS_COUNT_LIMIT - 1);
  assert.equal(network.unprotect(last.bytes, '3gpp'), 'replayed');
  const forged = last.bytes.slice();
  forged[2] = (forged[2] as number) ^ 1;
  assert.equal(network.unprotect(forged, '3gpp'), 'countExhausted');
});

test('NIA0 neither protects nor refuses replays, and its COUNT stays put', () => {
  const { ue, network } = ends({ encryption: 0, integrity: 0 });
  const messages = [0, 1, 2].map(() => ue.protect(plain, integrityProtected, '3gpp').bytes);
  for (const bytes of [...messages, ...messages]) accepted(network.unprotect(bytes, '3gpp'));
  assert.equal(network.counts['3gpp'].lastReceived, 2);
  const changed = (messages[0] as Uint8Array).slice();
  changed[9] = 1;
  accepted(network.unprotect(changed, '3gpp'));
  changed[4] = 1;
  assert.equal(network.unprotect(changed, '3gpp'), 'macMismatch', 'the MAC of NIA0 is zero');
});

test('what is not protected is told apart', () => {
  const { network } = ends();
  const cases: readonly [Uint8Array, string][] = [
    [plain, 'notProtected'],
    [Uint8Array.of(), 'malformed'],
    [Uint8Array.of(0x7e, 5, 0, 0, 0, 0, 0, 0), 'malformed'],
    [Uint8Array.of(0x7e, 2, 0, 0, 0, 0, 0), 'malformed'],
    [Uint8Array.of(0x2e, 1, 0, 0, 0, 0, 0, 0), 'malformed'],
  ];
  for (const [bytes, reason] of cases) assert.equal(network.unprotect(bytes, '3gpp'), reason);
});

test('COUNTs go on under a context with other algorithms', () => {
  const { ue } = ends();
  ue.protect(plain, integrityProtected, '3gpp');
  const next = new NasSecurityContext({
    provider: nodeCryptoProvider,
    role: 'ue',
    algorithms: { encryption: 0, integrity: 2 },
    encryptionKey,
    integrityKey,
    counts: ue.counts,
  });
  assert.equal(next.protect(plain, integrityProtected, '3gpp').count, 1);
});

test('a context that was disposed of is of no use, and the caller keeps its keys', () => {
  const { ue } = ends();
  ue.dispose();
  const access: Access = '3gpp';
  assert.throws(() => ue.protect(plain, integrityProtected, access), UsageError);
  assert.throws(() => ue.unprotect(plain, access), UsageError);
  assert.equal(encryptionKey[0], 0xe1);
});

test('algorithms that are not implemented and keys of other length are refused', () => {
  const options = {
    provider: nodeCryptoProvider,
    role: 'ue',
    encryptionKey,
    integrityKey,
  } as const;
  for (const algorithms of [
    { encryption: 1, integrity: 2 },
    { encryption: 2, integrity: 3 },
  ]) {
    assert.throws(() => new NasSecurityContext({ ...options, algorithms }), UsageError);
  }
  const integrityKey32 = new Uint8Array(32);
  const long = { ...options, algorithms: NEA2_NIA2, integrityKey: integrityKey32 };
  assert.throws(() => new NasSecurityContext(long), UsageError);
});
