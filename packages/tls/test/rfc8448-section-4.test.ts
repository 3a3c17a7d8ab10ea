import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleCryptoProvider, nodeCryptoProvider } from '@mpquic/crypto';
import { fromHex, toHex } from '@mpquic/wire';
import { decodeWhole } from '../src/codec.ts';
import { EarlyKeySchedule } from '../src/key-schedule.ts';
import { readClientHello, readClientHelloExtensions } from '../src/messages/client-hello.ts';
import { encodeFinished } from '../src/messages/message.ts';
import { Transcript } from '../src/transcript.ts';
import { readVectors } from './vectors.ts';

const vector = readVectors<Readonly<Record<string, string>>>('rfc8448-section-4.json');
const value = (name: string): Uint8Array => fromHex(vector[name] as string);

test('RFC 8448 §4: where the binders start, and what the identity is', () => {
  const hello = decodeWhole(value('client_hello').subarray(4), readClientHello);
  const { preSharedKey, earlyData } = readClientHelloExtensions(hello.extensions);
  assert.equal(preSharedKey?.identities.length, 1);
  assert.equal(preSharedKey.bindersLength, 35);
  assert.equal(toHex(preSharedKey.binders[0] as Uint8Array), vector['binder']);
  assert.equal(preSharedKey.identities[0]?.obfuscatedTicketAge, 0xfad6aacb);
  assert.equal(earlyData, true);
});

for (const crypto of [nodeCryptoProvider, nobleCryptoProvider]) {
  test(`RFC 8448 §4, ${crypto.name}: the whole key schedule of a resumed handshake`, () => {
    const hash = 'sha256';
    const early = EarlyKeySchedule.fromPsk(crypto, hash, 'resumptionPsk', value('psk'));
    const truncated = value('client_hello').subarray(0, -35);
    const binderHash = crypto.hash(hash, truncated);
    assert.equal(toHex(binderHash), vector['binder_hash']);
    assert.equal(toHex(early.binder(binderHash)), vector['binder']);

    const transcript = new Transcript(crypto, hash);
    transcript.add(value('client_hello'));
    assert.equal(
      toHex(early.clientEarlyTrafficSecret(transcript.digest())),
      vector['client_early_traffic_secret'],
    );
    transcript.add(value('server_hello'));
    const handshake = early.enterHandshake(value('shared_secret'), transcript.digest());
    assert.equal(toHex(handshake.clientSecret), vector['client_handshake_traffic_secret']);
    assert.equal(toHex(handshake.serverSecret), vector['server_handshake_traffic_secret']);

    transcript.add(value('encrypted_extensions'));
    assert.equal(
      toHex(encodeFinished(handshake.verifyData('server', transcript.digest()))),
      vector['server_finished'],
    );
    transcript.add(value('server_finished'));
    const finishedHash = transcript.digest();
    const application = handshake.enterApplication(finishedHash);
    assert.equal(
      toHex(application.trafficSecret('client')),
      vector['client_application_traffic_secret'],
    );
    assert.equal(
      toHex(application.trafficSecret('server')),
      vector['server_application_traffic_secret'],
    );
    assert.equal(toHex(application.exporterSecret(finishedHash)), vector['exporter_secret']);

    transcript.add(value('end_of_early_data'));
    assert.equal(
      toHex(encodeFinished(handshake.verifyData('client', transcript.digest()))),
      vector['client_finished'],
    );
    transcript.add(value('client_finished'));
    assert.equal(
      toHex(application.resumptionSecret(transcript.digest())),
      vector['resumption_secret'],
    );
  });
}
