import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type GroupName,
  type HashName,
  nobleCryptoProvider,
  nodeCryptoProvider,
} from '@mpquic/crypto';
import { toHex, utf8 } from '@mpquic/wire';
import {
  CIPHER_SUITES,
  type CipherSuiteName,
  InMemoryPskStore,
  type PskMode,
} from '../src/index.ts';
import { Pair, testPsk } from './pair.ts';

const suites = Object.keys(CIPHER_SUITES) as CipherSuiteName[];
const groups: readonly GroupName[] = ['x25519', 'secp256r1', 'secp384r1'];

for (const cipherSuite of suites) {
  for (const group of groups) {
    for (const mode of ['raw', 'imported'] satisfies PskMode[]) {
      for (const hash of ['sha256', 'sha384'] satisfies HashName[]) {
        // A PSK used as it is fits the suites of its own hash; an imported one fits all.
        if (mode === 'raw' && CIPHER_SUITES[cipherSuite].hash !== hash) continue;
        for (const retry of [false, true]) {
          const name = `${cipherSuite} ${group} ${mode} ${hash}${retry ? ' after a retry' : ''}`;
          test(name, () => {
            const psk = testPsk({ mode, hash });
            const others = groups.filter((other) => other !== group);
            const pair = new Pair(
              { psks: [psk], groups: retry ? [...others, group] : [group] },
              { cipherSuites: [cipherSuite], groups: [group], keyLog: true },
              new InMemoryPskStore([psk]),
            ).run();
            pair.assertComplete();
            const { client, server } = pair;
            const summary = {
              cipherSuite,
              group,
              alpn: 'test',
              serverName: undefined,
              psk: { identity: utf8('ue-1'), mode },
              resumed: false,
            };
            assert.deepEqual(client.summary, summary);
            assert.deepEqual(server.summary, summary);
            assert.equal(
              toHex(server.transportParameters as Uint8Array),
              toHex(utf8('client parameters')),
            );
            assert.equal(
              toHex(client.transportParameters as Uint8Array),
              toHex(utf8('server parameters')),
            );
            assert.equal(server.keyLog.length, 5);
          });
        }
      }
    }
  }
}

for (const [client, server] of [
  [nodeCryptoProvider, nobleCryptoProvider],
  [nobleCryptoProvider, nodeCryptoProvider],
] as const) {
  test(`a client over ${client.name} and a server over ${server.name}`, () => {
    for (const group of groups) {
      new Pair({ crypto: client, groups: [group] }, { crypto: server }).run().assertComplete();
    }
  });
}
