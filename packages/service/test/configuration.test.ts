import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Address } from '@mpquic/wire';
import fc from 'fast-check';
import {
  address,
  choice,
  environmentName,
  flag,
  flagName,
  flagOptions,
  hexBytes,
  integer,
  listOf,
  loadConfiguration,
  ServiceFailure,
  type SettingsTable,
  structureOf,
  text,
} from '../src/index.ts';

interface Subscriber {
  readonly supi: string;
  readonly k: Uint8Array;
}

interface Example {
  readonly n4Address: Address;
  readonly retries: number;
  readonly solution: '4' | 'Y';
  readonly strict: boolean;
  readonly names: readonly string[];
  readonly subscribers: readonly Subscriber[];
  readonly note: string | undefined;
}

const subscriber: SettingsTable<Subscriber> = {
  supi: { kind: text('15 digits', /^\d{15}$/), description: 'SUPI' },
  k: { kind: hexBytes(16), description: 'key', secret: true },
};

const table: SettingsTable<Example> = {
  n4Address: { kind: address(), default: { host: '127.0.0.1', port: 8805 }, description: 'N4' },
  retries: { kind: integer(0, 10), default: 3, description: 'N1' },
  solution: { kind: choice('4', 'Y'), default: '4', description: 'solution' },
  strict: { kind: flag(), default: false, description: 'strict' },
  names: { kind: listOf(text()), default: [], description: 'names' },
  subscribers: { kind: listOf(structureOf(subscriber)), default: [], description: 'subscribers' },
  note: { kind: text(), optional: true, description: 'note' },
};

function withFile<T>(content: string, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
  try {
    const file = join(folder, 'core.yaml');
    writeFileSync(file, content);
    return use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function refusal(content: string, extra: Partial<Parameters<typeof loadConfiguration>[1]> = {}) {
  return withFile(content, (file) => {
    try {
      loadConfiguration(table, { role: 'core', file, ...extra });
    } catch (error) {
      assert.ok(error instanceof ServiceFailure);
      assert.equal(error.status, 2);
      assert.doesNotMatch(error.message, /\n/);
      return error.message.replace(file, 'core.yaml');
    }
    return assert.fail('accepted');
  });
}

test('defaults hold where nothing is set', () => {
  const configuration = loadConfiguration(table, { role: 'core' });
  assert.deepEqual(configuration.n4Address, { host: '127.0.0.1', port: 8805 });
  assert.equal(configuration.note, undefined);
});

test('a flag wins over the environment, which wins over the file', () => {
  withFile('retries: 1\nsolution: Y\nstrict: true\n', (file) => {
    const configuration = loadConfiguration(table, {
      role: 'core',
      file,
      environment: { MPQ_CORE_RETRIES: '2', MPQ_CORE_NAMES: 'a, b', MPQ_CORE_STRICT: 'false' },
      flags: { retries: '5' },
    });
    assert.equal(configuration.retries, 5);
    assert.equal(configuration.solution, 'Y');
    assert.equal(configuration.strict, false);
    assert.deepEqual(configuration.names, ['a', 'b']);
  });
});

test('the environment can name the file', () => {
  withFile('retries: 7\n', (file) => {
    const environment = { MPQ_CORE_CONFIG: file };
    assert.equal(loadConfiguration(table, { role: 'core', environment }).retries, 7);
  });
});

test('structures can be given by flag and environment in flow style', () => {
  const value = '[{supi: "001010123456789", k: "00112233445566778899aabbccddeeff"}]';
  for (const sources of [
    { flags: { subscribers: [value] } },
    { environment: { MPQ_CORE_SUBSCRIBERS: value } },
  ]) {
    const { subscribers } = loadConfiguration(table, { role: 'core', ...sources });
    assert.equal(subscribers[0]?.supi, '001010123456789');
    assert.equal(subscribers[0]?.k.length, 16);
  }
});

test('every mistake is one line that names source, setting and what to do', () => {
  assert.equal(
    refusal('n4Adress: 127.0.0.1:1'),
    'core.yaml: n4Adress: no such setting; did you mean n4Address?',
  );
  assert.equal(
    refusal('retries: many'),
    'core.yaml: retries: expected an integer from 0 to 10; got "many"',
  );
  assert.equal(
    refusal('subscribers: [{supi: "001010123456789", k: 00}]'),
    'core.yaml: subscribers[0].k: expected 32 hexadecimal digits',
  );
  assert.equal(
    refusal('subscribers: [{k: "00112233445566778899aabbccddeeff"}]'),
    'core.yaml: subscribers[0].supi: is missing: set it to 15 digits',
  );
  assert.equal(
    refusal('', { flags: { n4Address: '127.0.0.1' } }),
    '--n4-address: expected HOST:PORT, for example 127.0.0.1:8805; got "127.0.0.1"',
  );
  assert.equal(
    refusal('', { environment: { MPQ_CORE_SOLUTION: '9' } }),
    'MPQ_CORE_SOLUTION: expected one of 4, Y; got "9"',
  );
  assert.match(refusal('', { environment: { MPQ_CORE_SOLUTON: '4' } }), /MPQ_CORE_SOLUTION\?$/);
  assert.match(refusal('a: [1'), /^core\.yaml: is not valid YAML: /);
  assert.match(refusal('- 1'), /must hold a mapping/);
});

test('an unreadable file is one line and status 2', () => {
  assert.throws(
    () => loadConfiguration(table, { role: 'core', file: '/nowhere/core.yaml' }),
    (error) =>
      error instanceof ServiceFailure &&
      error.status === 2 &&
      error.message.startsWith('/nowhere/core.yaml: cannot be read: '),
  );
});

test('the value of a secret is in no message', () => {
  const message = refusal('subscribers: [{supi: "001010123456789", k: "deadbeef"}]');
  assert.doesNotMatch(message, /deadbeef/);
});

test('any value of any setting is read or refused in one line', () => {
  const names = Object.keys(table);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
      try {
        loadConfiguration(table, { role: 'core', flags: { [name]: value } });
      } catch (error) {
        assert.ok(error instanceof ServiceFailure, String(error));
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
  );
});

test('an object without a way to become a text is refused like any other (found by the property)', () => {
  const flags = { solution: { toString: '' } };
  assert.throws(() => loadConfiguration(table, { role: 'core', flags }), ServiceFailure);
});

test('every setting is a flag and an environment variable', () => {
  assert.equal(flagName('n4Address'), 'n4-address');
  assert.equal(environmentName('upf-proxy', 'n4Address'), 'MPQ_UPF_PROXY_N4_ADDRESS');
  const options = flagOptions(table);
  assert.deepEqual(Object.keys(options), ['config', ...Object.keys(table).map(flagName)]);
  assert.equal(options['retries']?.describe, 'N1 [default: 3]');
  assert.equal(options['strict']?.type, 'boolean');
  assert.equal(options['names']?.type, 'array');
});
