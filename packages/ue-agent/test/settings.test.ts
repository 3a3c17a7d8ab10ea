import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { loadConfiguration, noEvents, ServiceFailure, silentLogger } from '@mpquic/service';
import { UsageError } from '@mpquic/wire';
import { createUeAgent, UeFailure, type UeSettings, ueSettings } from '../src/index.ts';

const K = '465b5ce8b199b49faa5f0a2ee238a6bc';
const given = { supi: '001010123456789', k: K, opc: K };

function load(flags: Readonly<Record<string, unknown>>): UeSettings {
  return loadConfiguration(ueSettings, { role: 'ue-agent', flags, environment: {} });
}

test('only the subscription must be given', () => {
  const settings = load(given);
  assert.equal(settings.story, 'full');
  assert.equal(settings.transferBytes, 20_000_000);
  assert.deepEqual(settings.n1ThreeGpp, { host: '127.0.0.1', port: 24501 });
});

for (const [name, flags, reason] of [
  ['no K', { supi: given.supi, opc: K }, /k: is missing/],
  ['K that is too short', { ...given, k: '12' }, /--k: expected 32 to 64 hexadecimal digits/],
  ['no IMSI', { ...given, supi: 'imsi-001' }, /--supi: expected an IMSI/],
  ['PDU session ID 16', { ...given, pduSessionId: '16' }, /--pdu-session-id: expected an integer/],
  ['an unknown solution', { ...given, solutions: ['9'] }, /--solutions\[0\]: expected one of/],
] as const) {
  test(`wrong configuration: ${name}`, () => {
    assert.throws(
      () => load(flags),
      (error) =>
        error instanceof ServiceFailure &&
        error.status === 2 &&
        reason.test(error.message) &&
        !error.message.includes('\n') &&
        !error.message.includes(K),
    );
  });
}

const io = { crypto: nodeCryptoProvider, events: noEvents, logger: silentLogger() };

test('a profile of the SUCI without the key of the home network is refused', () => {
  assert.throws(() => createUeAgent(load({ ...given, suci: 'profile-a' }), io), UsageError);
});

test('a core that is down is one clear line, and nothing is left behind', async () => {
  const agent = createUeAgent(load({ ...given, n1ThreeGpp: '127.0.0.1:1' }), io);
  await assert.rejects(
    agent.tell(),
    (error) => error instanceof UeFailure && /nothing listens on 127.0.0.1:1/.test(error.message),
  );
  await agent.stop();
});
